// Answers in place of the network, on one page and those that show the same: nothing else of the house is kept.
const told = {{ told|safe }};
const DATA = `${told.family}donnees`;
const PATIENCE = 6000; // a network that lets one wait longer is no network

addEventListener("install", (event) => event.waitUntil(keep().then(() => self.skipWaiting())));
addEventListener("activate", (event) => event.waitUntil(forget().then(() => self.clients.claim())));

async function keep() {
  const shelf = await caches.open(told.edition);
  await Promise.all([told.page, ...told.files].map(async (url) => {
    const answer = await fetch(url, { cache: "reload", redirect: "manual" });
    if (!answer.ok) throw new Error(url); // signed out meanwhile: the former edition stays
    await shelf.put(url, answer);
  }));
  const list = await fetch(told.data, { redirect: "manual" }).catch(() => null);
  if (list?.ok) await (await caches.open(DATA)).put(told.data, list);
}

async function forget() {
  for (const name of await caches.keys())
    if (name.startsWith(told.family) && ![told.edition, DATA].includes(name)) await caches.delete(name);
}

addEventListener("fetch", (event) => {
  const { request } = event, { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  const alike = told.alike && pathname.startsWith(told.alike) && /^\d+\/$/.test(pathname.slice(told.alike.length));
  if (request.mode === "navigate") {
    if (pathname === told.page || alike) event.respondWith(kept(told.page, request));
  } else if (pathname === told.data) event.respondWith(list(request));
  else if (told.files.includes(pathname)) event.respondWith(kept(pathname, request));
});

async function kept(url, request) {
  const shelf = await caches.open(told.edition);
  return (await shelf.match(url)) ?? fetch(request);
}

async function list(request) {
  const shelf = await caches.open(DATA);
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(PATIENCE) });
    if (answer.ok) await shelf.put(told.data, answer.clone());
    if (answer.status < 500) return answer;
  } catch { /* no network: what was kept */ }
  return (await shelf.match(told.data)) ?? Response.error();
}
