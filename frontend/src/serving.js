// Fields that serve for some choices of a list only: in sight, and sent, when they serve.
// In: `data-beside` (the ids of the lists) and `data-when` (their choices; none: any). Without it all fields stay.

function serves(lists, when) {
  return lists.some((list) => list.value !== "" && (!when.length || when.includes(list.value)));
}

export function serving(field) {
  const lists = field.dataset.beside.split(" ").map((id) => document.getElementById(id)).filter(Boolean);
  if (!lists.length) return;
  const when = field.dataset.when.split(" ").filter(Boolean);
  const look = () => {
    const seen = serves(lists, when);
    field.hidden = !seen;
    // What is out of sight is not sent; it comes back as it was.
    field.querySelectorAll("input, select, textarea").forEach((control) => (control.disabled = !seen));
  };
  lists.forEach((list) => list.addEventListener("change", look));
  addEventListener("pageshow", look); // a browser that goes back fills the lists after the page is made
  look();
}
