// Fields that serve for some choices of a list, or of radio buttons, only: in sight, and sent, when they serve.
// In: `data-beside` (the ids of the lists) and `data-when` (their choices; none: any). Without it all fields stay.

// A list is itself; radio buttons bear the id of their group and their rank: `id_kind_0`.
function controls(id) {
  const list = document.getElementById(id);
  return list ? [list] : [...document.querySelectorAll(`input[type="radio"][id^="${id}_"]`)];
}

function serves(lists, when) {
  const chosen = lists.filter((list) => list.type !== "radio" || list.checked);
  return chosen.some((list) => list.value !== "" && (!when.length || when.includes(list.value)));
}

export function serving(field) {
  const lists = field.dataset.beside.split(" ").flatMap(controls);
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
