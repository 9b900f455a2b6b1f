// Starts ReplayWeb.page with what the page says, and tells when that is not possible.

const SETTLE_MS = 30_000;

const player = document.getElementById("player");
const told = document.getElementById("told");
told.hidden = false;

try {
  await worker(player.dataset.worker, player.dataset.scope);
  player.append(component(player.dataset));
  told.hidden = true;
} catch (error) {
  console.warn(error);
  told.textContent = player.dataset[isSecureContext && navigator.serviceWorker ? "failed" : "insecure"];
}

// The service worker, running. The component would wait a third of a second for it, and show nothing after that.
async function worker(address, scope) {
  const registration = await navigator.serviceWorker.register(address, { scope });
  const started = registration.installing ?? registration.waiting ?? registration.active;
  await new Promise((resolve, reject) => {
    const look = () => {
      if (started.state === "activated") resolve();
      if (started.state === "redundant") reject(new Error("the service worker was not installed"));
    };
    started.addEventListener("statechange", look);
    setTimeout(() => reject(new Error("the service worker did not start")), SETTLE_MS);
    look();
  });
}

function component({ source, scope, config, address, timestamp }) {
  const element = document.createElement("replay-web-page");
  const attributes = { source, config, replayBase: scope, newWindowBase: scope, noCache: "", noWebWorker: "" };
  const what = address ? { url: address, ts: timestamp, embed: "replayonly" } : { view: "pages", embed: "full" };
  Object.assign(attributes, what);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}
