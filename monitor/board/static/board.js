// Keeps a page of the board current. The server says through its stream that there is something new; the page is
// then fetched again and the parts that differ are taken over. Without a stream (it has only so many places) the page
// is fetched every few seconds. Words, figures and colours are all the server's. Whenever this page cannot know
// whether its figures still hold, it says so and takes every verdict away.

const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 30000;
const POLL_MS = 5000;
const GRACE_MS = 4000; // a restart of the exporter is not an outage
const RELOAD_AFTER_MS = 60000;
const MOST_TOLD = 3;

const body = document.body;
const lost = document.getElementById("lost");
const news = document.getElementById("news");
const connection = document.getElementById("connection");
const patienceMs = Number(body.dataset.patience) * 1000;
const ages = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "always", style: "short" });

const shown = new Map(); // what the server sent last, by id
let lastId = "";
let heardAt = performance.now();
let askedAt = performance.now();
let streaming = false;
let brokenSince = null; // since when nothing is heard: neither a stream nor an answer
let clockAheadMs = 0; // the server's clock, seen from here
let retryMs = FIRST_RETRY_MS;
let source = null;
let fetching = false;
let again = false;
let trusted = true;

const parts = (root) => root.querySelectorAll("[data-live][id]");

function remember(element) {
  shown.set(element.id, element.outerHTML);
}

function takeOver(page) {
  const focused = document.activeElement?.id;
  const changed = [];
  for (const fresh of parts(page)) {
    const old = document.getElementById(fresh.id);
    const html = fresh.outerHTML;
    if (old === null || shown.get(fresh.id) === html) continue;
    const first = !shown.has(fresh.id);
    const verdict = old.dataset.state + old.dataset.evidence;
    const node = document.adoptNode(fresh);
    shown.set(node.id, html);
    old.replaceWith(node);
    if (first || node.dataset.state === undefined) continue;
    node.classList.add("changed");
    if (verdict !== node.dataset.state + node.dataset.evidence && trusted) changed.push(node);
  }
  arrange(page);
  if (focused && document.activeElement?.id !== focused) {
    document.getElementById(focused)?.focus({ preventScroll: true });
  }
  document.title = page.title;
  body.className = page.body.className;
  tell(changed);
}

// Rows and tiles in the order, and the places, of the page just fetched.
function arrange(page) {
  for (const fresh of page.querySelectorAll("[data-arranged]")) {
    const old = document.getElementById(fresh.id);
    const wanted = [...fresh.children].map((child) => child.id);
    if (old === null || wanted.join() === [...old.children].map((child) => child.id).join()) continue;
    old.append(...wanted.map((id) => document.getElementById(id)).filter((child) => child !== null));
  }
}

// For those who listen instead of looking: only verdicts that turned, and of those only a few.
function tell(changed) {
  const said = changed.map((node) => node.querySelector("[role=tooltip]")?.textContent ?? "").filter(Boolean);
  if (said.length === 0) return;
  const more = said.length > MOST_TOLD ? ` +${said.length - MOST_TOLD}` : "";
  news.textContent = `${news.dataset.text}: ${said.slice(0, MOST_TOLD).join(" ")}${more}`;
}

async function refresh() {
  if (fetching) {
    again = true;
    return;
  }
  fetching = true;
  try {
    do {
      again = false;
      askedAt = performance.now();
      const answer = await fetch(location.href, { cache: "no-cache", signal: AbortSignal.timeout(10000) });
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (renewed(page) && performance.now() > RELOAD_AFTER_MS) {
        location.reload();
        return;
      }
      if (!streaming) heard(Date.parse(answer.headers.get("Date")));
      trusted = lost.textContent === "";
      takeOver(page);
      lost.textContent = "";
      trusted = true;
      age();
    } while (again);
  } catch {
    fail();
  } finally {
    fetching = false;
  }
}

// Whether the exporter has another version than this script.
function renewed(page) {
  const path = (root) => root.querySelector("script[type=module]")?.getAttribute("src");
  return path(page) !== path(document);
}

function distrust() {
  if (lost.textContent !== "") return;
  lost.textContent = lost.dataset.text;
  for (const element of document.querySelectorAll("main [data-state]")) {
    if (element.closest(".legend") !== null) continue;
    element.dataset.state = "outdated";
    delete element.dataset.evidence;
    for (const word of element.querySelectorAll("[data-word]")) word.textContent = body.dataset.outdated;
    for (const said of element.querySelectorAll("[data-said]")) said.textContent = "";
  }
  body.classList.add("outdated");
  shown.clear();
}

// The server has said something, at this moment of its clock.
function heard(clockMs) {
  heardAt = performance.now();
  brokenSince = null;
  if (Number.isFinite(clockMs)) clockAheadMs = clockMs - Date.now();
  connected(streaming ? "live" : "poll");
}

function listen() {
  source = new EventSource(new URL(`../api/v1/stream?last=${encodeURIComponent(lastId)}`, import.meta.url));
  source.addEventListener("open", () => {
    heardAt = performance.now();
  });
  source.addEventListener("state", (event) => {
    streaming = true;
    retryMs = FIRST_RETRY_MS;
    lastId = event.lastEventId;
    heard(JSON.parse(event.data).now * 1000);
    refresh();
  });
  source.addEventListener("error", unheard);
}

// There is no stream, or no place in it: ask instead, and try it again later.
function unheard() {
  fail();
  refresh();
}

function fail() {
  brokenSince ??= performance.now();
  streaming = false;
  connected("wait");
  if (source === null) return;
  source.close();
  source = null;
  lastId = ""; // whatever was missed, the next event shall say so
  setTimeout(listen, retryMs * (0.75 + 0.5 * Math.random()));
  retryMs = Math.min(2 * retryMs, LAST_RETRY_MS);
}

// How this page is kept current: "live" by the stream, "poll" by asking, or "wait" for either.
function connected(how) {
  connection.hidden = false;
  connection.className = `connection ${how}`;
  connection.textContent = connection.dataset[`${how}Text`];
}

function age() {
  const now = Date.now() + clockAheadMs;
  for (const element of document.querySelectorAll("[data-since]")) {
    const seconds = Math.max(0, Math.round((now - Number(element.dataset.since) * 1000) / 1000));
    element.textContent = `(${told(seconds)})`;
  }
}

function told(seconds) {
  if (seconds < 120) return ages.format(-seconds, "second");
  if (seconds < 7200) return ages.format(-Math.floor(seconds / 60), "minute");
  if (seconds < 172800) return ages.format(-Math.floor(seconds / 3600), "hour");
  return ages.format(-Math.floor(seconds / 86400), "day");
}

function tick() {
  const now = performance.now();
  if (streaming && now - heardAt > patienceMs) unheard(); // half open, or the machine slept
  if (!streaming && now - askedAt > POLL_MS) refresh();
  if (brokenSince !== null && now - brokenSince > GRACE_MS) distrust();
  age();
  document.dispatchEvent(new CustomEvent("alive", { detail: Date.now() + clockAheadMs }));
}

// A hint that stands in the way can be sent away, as one that is shown on focus must be.
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") body.classList.add("quiet");
});
for (const kind of ["focusin", "pointerover"]) {
  document.addEventListener(kind, (event) => {
    if (event.target.closest?.("td") === null) return;
    if (kind === "focusin" || event.target.closest("td") !== event.relatedTarget?.closest?.("td")) {
      body.classList.remove("quiet");
    }
  });
}

// On a phone what can be chosen is folded away: figures first.
const choices = document.getElementById("choices");
if (choices !== null && matchMedia("(max-width: 48rem)").matches) choices.open = false;

parts(document).forEach(remember);
connected("wait");
age();
setInterval(tick, 1000);
listen();
