// Runs before the first paint, so that a page asked for in the dark never flashes white.
// In: the choice remembered in this browser. Out: `data-theme` on the root element.
document.documentElement.classList.add("js");
try {
  const chosen = localStorage.getItem("beffroi-theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // Storage refused by the browser: the system's preference applies.
}
