// The service worker of the stage: that of ReplayWeb.page, held to POLICY, which stands before this.
//
// What an archived page may do must not depend on the parameters that the player was opened with, for anybody can open
// it with others. So it is set here, on every answer out of an archive, and the player runs in a frame or not at all.

const ARCHIVED = `${self.registration.scope}w/`;
const WITHOUT_BODY = [101, 204, 205, 304];

const respondWith = FetchEvent.prototype.respondWith;

FetchEvent.prototype.respondWith = function (answer) {
  respondWith.call(this, this.request.destination === "document" ? refusal() : held(this.request, answer));
};

async function held(request, answer) {
  const response = await answer;
  const isRedirect = response.type === "opaqueredirect" || (response.status >= 300 && response.headers.has("Location"));
  if (!request.url.startsWith(ARCHIVED) || response.type === "error" || isRedirect) return response;
  const { status, statusText, headers: given } = response;
  const headers = new Headers(given);
  headers.set("Content-Security-Policy", POLICY);
  return new Response(WITHOUT_BODY.includes(status) ? null : response.body, { status, statusText, headers });
}

function refusal() {
  return new Response("This is shown in the reading room only.\n", { status: 403 });
}

importScripts("wabac.js");
