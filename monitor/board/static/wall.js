// Turns the pages of a wall, and shows that it lives: the stylesheet takes the picture away when this stops.
// Whoever wants less motion turns the pages themselves.

const leaves = document.getElementById("leaves");
const pause = document.getElementById("pause");
const clock = document.getElementById("clock");
const TURN_MS = Number(leaves.dataset.turn) * 1000;
const time = new Intl.DateTimeFormat(document.documentElement.lang, {
  hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZone: clock.dataset.zone,
});

const all = () => [...leaves.children];
let shown = Math.max(0, all().findIndex((leaf) => `#${leaf.id}` === location.hash));
let paused = matchMedia("(prefers-reduced-motion: reduce)").matches;
let turnedAt = performance.now();

function show(number) {
  const count = all().length;
  shown = (number + count) % count;
  turnedAt = performance.now();
  all().forEach((leaf, place) => {
    leaf.hidden = place !== shown;
  });
  document.querySelectorAll("#pages a").forEach((link, place) => {
    if (place === shown) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  });
}

function rest(wanted) {
  paused = wanted;
  turnedAt = performance.now();
  pause.textContent = paused ? pause.dataset.go : pause.dataset.pause;
}

document.addEventListener("alive", (event) => {
  document.documentElement.classList.toggle("beating");
  clock.textContent = time.format(event.detail);
  if (!paused && performance.now() - turnedAt >= TURN_MS) show(shown + 1);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "ArrowRight") show(shown + 1);
  if (event.key === "ArrowLeft") show(shown - 1);
});
document.getElementById("pages").addEventListener("click", (event) => {
  const wanted = all().findIndex((leaf) => `#${leaf.id}` === event.target.getAttribute("href"));
  if (wanted >= 0) show(wanted);
});
// Whoever reads a page with the keyboard keeps it.
leaves.addEventListener("focusin", () => rest(true));
document.getElementById("back").addEventListener("click", () => show(shown - 1));
document.getElementById("forth").addEventListener("click", () => show(shown + 1));
pause.addEventListener("click", () => rest(!paused));

for (const id of ["back", "pause", "forth"]) document.getElementById(id).hidden = false;
rest(paused);
show(shown);
