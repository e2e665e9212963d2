// The rows after each step of an analysis, asked once the page is there, so that counting never holds it back.
// In: `data-src` answering {steps: {number: words}, message}. Out: the words in the elements bearing `data-count`.
export async function mount(element) {
  const cells = [...element.querySelectorAll("[data-count]")];
  const message = element.querySelector("[data-counts-message]");
  const link = element.querySelector("[data-counts-link]");
  cells.forEach((cell) => (cell.textContent = "…"));
  try {
    const answer = await fetch(element.dataset.src, {
      headers: { Accept: "application/json" },
      credentials: "same-origin",
      cache: "no-store",
    });
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    const counted = await answer.json();
    cells.forEach((cell) => (cell.textContent = counted.steps[cell.dataset.count] ?? ""));
    if (message) message.textContent = counted.message;
    link?.remove();
  } catch {
    // The link to the page that counts stays: nothing is lost.
    cells.forEach((cell) => (cell.textContent = ""));
  }
}
