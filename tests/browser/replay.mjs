// Shows captures in ReplayWeb.page in a real Chromium, and tells what is to be seen.
//
// Reads from stdin: {chromium, profile, netLog, captures: [{page, url, timestamp}]}; page is the address of a page with
// the component, which is to show the capture of url at timestamp. Writes to stdout: {captures: [{title, text}],
// errors: [what the console said, and where]}. Everything the browser does on the network is in the file netLog.

import { chromium } from "playwright-core";
import { text } from "node:stream/consumers";
import { mkdir, writeFile } from "node:fs/promises";

const PATIENCE_MS = 60_000;

const order = JSON.parse(await text(process.stdin));
// Without these, Chromium asks its maker about every form and every account.
await mkdir(`${order.profile}/Default`, { recursive: true });
await writeFile(
  `${order.profile}/Default/Preferences`,
  JSON.stringify({ autofill: { profile_enabled: false, credit_card_enabled: false }, signin: { allowed: false } }),
);
const context = await chromium.launchPersistentContext(order.profile, {
  executablePath: order.chromium,
  headless: true,
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    `--log-net-log=${order.netLog}`,
  ],
});
const result = { captures: [], errors: [] };
context.on("console", (message) => {
  if (message.type() === "error") result.errors.push({ text: message.text(), url: message.location().url });
});
context.on("weberror", (failed) => result.errors.push({ text: String(failed.error()), url: failed.page()?.url() ?? "" }));
try {
  for (const capture of order.captures) {
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    await page.goto(capture.page);
    const frame = await frameOf(page, capture);
    await frame.waitForLoadState("load");
    result.captures.push({
      title: await frame.title(),
      text: await frame.evaluate(() => document.body.innerText),
    });
    await page.close();
  }
} finally {
  await context.close();
}
process.stdout.write(JSON.stringify(result));

// The frame of the component in which the capture is replayed, once it is there.
async function frameOf(page, { url, timestamp }) {
  const wanted = (frame) => frame.url().includes("/replay/w/") && frame.url().endsWith(`/${timestamp}mp_/${url}`);
  const arrival = page.waitForEvent("framenavigated", wanted).catch((error) => error);
  const present = page.frames().find(wanted);
  if (present) return present;
  const arrived = await arrival;
  if (arrived instanceof Error) {
    throw new Error(`${url} is not shown; there are: ${page.frames().map((frame) => frame.url()).join(" ")}`);
  }
  return arrived;
}
