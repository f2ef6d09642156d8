// Has the page work without a network, once it was opened with one. Whatever can be fetched is fetched and
// kept; what cannot is what was kept last. So a page that is online is never an old one.
const KEPT = "concertina-1";
// What the page's text does not name: the worker asks for these itself.
const FURTHER = ["./worker_loader.js", "./worker.js", "./worker_bg.wasm", "./embed.js"];

/** The files that a page's text names. */
const named = (text) => [...text.matchAll(/["'](\.\/[\w.-]+\.(?:js|css|wasm|svg|webmanifest))["']/g)].map(([, name]) => name);

async function keepAll() {
  const page = await fetch("./", { cache: "no-cache" });
  const files = new Set([...named(await page.clone().text()), ...FURTHER]);
  const kept = await caches.open(KEPT);
  await kept.put("./", page);
  await kept.addAll([...files]);
}

/** Forgets the files of older releases, whose names say what is in them. */
async function forgetOthers(page) {
  const wanted = new Set([...named(await page.text()), ...FURTHER, "./"].map((name) => new URL(name, registration.scope).href));
  const kept = await caches.open(KEPT);
  for (const request of await kept.keys()) {
    if (!wanted.has(request.url)) await kept.delete(request);
  }
}

async function answer(event, { request } = event) {
  const isPage = request.mode === "navigate";
  const key = isPage ? registration.scope : request.url.split("?")[0];
  try {
    const found = await fetch(request);
    if (found.ok) {
      const copy = found.clone();
      const page = isPage ? found.clone() : null;
      event.waitUntil((async () => {
        await (await caches.open(KEPT)).put(key, copy);
        if (page) await forgetOthers(page);
      })());
    }
    return found;
  } catch (error) {
    const kept = await caches.match(key);
    if (kept) return kept;
    throw error;
  }
}

addEventListener("install", (event) => {
  skipWaiting();
  event.waitUntil(keepAll());
});
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("fetch", (event) => {
  const address = new URL(event.request.url);
  const isPage = event.request.mode !== "navigate" || address.pathname === new URL(registration.scope).pathname;
  if (event.request.method === "GET" && address.href.startsWith(registration.scope) && isPage) {
    event.respondWith(answer(event));
  }
});
