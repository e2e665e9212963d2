// A page left open after its session: what it shows goes, by the clock once nobody uses it, at once in every tab when one signs
// out, whether or not the site can be reached.
// In: `data-idle` on the body, the seconds after which the site closes a session that asks for nothing. Out: a page that leads
// to sign-in. A request of any tab and a text being typed are uses; nothing is asked of the site.
const LOOK = 10_000;
const TOLD_EVERY = 5_000;

export function session(body, leaveAll) {
  const idle = Number(body.dataset.idle) * 1000;
  const signsOut = [...document.querySelectorAll("form[data-signs-out]")];
  const tabs = new BroadcastChannel("beffroi-session");
  let used = 0;
  let over = false;

  function use() {
    const told = used;
    used = Date.now();
    if (used - told > TOLD_EVERY) tabs.postMessage("used");
  }

  function end() {
    if (over) return;
    over = true;
    leaveAll(document);
    document.querySelectorAll("script, style, meta[name=description]").forEach((element) => element.remove());
    document.title = "Session fermée · Beffroi";
    const main = document.createElement("main");
    main.className = "wrap";
    const heading = document.createElement("h1");
    heading.tabIndex = -1;
    heading.textContent = "Votre session est fermée";
    const text = document.createElement("p");
    text.textContent = "Ce qui était enregistré l'est toujours. Ce que cette page montrait est effacé de cet écran.";
    const way = document.createElement("a");
    way.className = "button";
    way.href = location.pathname;
    way.textContent = "Entrer à nouveau";
    main.append(heading, text, way);
    body.replaceChildren(main);
    heading.focus();
    try {
      sessionStorage.clear();
    } catch {
      // Storage refused by the browser: nothing was kept there.
    }
  }

  const look = () => Date.now() - used > idle && end();
  tabs.onmessage = ({ data }) => (data === "over" ? end() : (used = Date.now()));
  document.addEventListener("input", use);
  new PerformanceObserver(use).observe({ type: "resource" });
  // A machine that slept looks as soon as it wakes; a page taken from the browser's memory, as soon as it is shown.
  document.addEventListener("visibilitychange", look);
  addEventListener("pageshow", look);
  setInterval(look, LOOK);
  signsOut.forEach((form) =>
    form.addEventListener("submit", () => {
      tabs.postMessage("over");
      setTimeout(end); // once the browser has taken the form
    }),
  );
  use();
}
