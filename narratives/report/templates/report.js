"use strict";
(() => {
  const tip = document.getElementById("tip");
  const lanes = [...document.querySelectorAll("g.lane")];
  const shapes = [...document.querySelectorAll("polygon[data-views]")];
  const view = document.getElementById("view");
  let target = view ? view.value : null;

  const describe = (shape) => {
    const views = JSON.parse(shape.dataset.views);
    return shape.dataset.title + (views[target] ? " · " + views[target].text : "");
  };
  const show = (text, x, y) => {
    tip.textContent = text;
    tip.hidden = false;
    const box = tip.getBoundingClientRect();
    tip.style.left = Math.max(4, Math.min(x + 12, innerWidth - box.width - 8)) + "px";
    tip.style.top = Math.max(4, Math.min(y + 14, innerHeight - box.height - 8)) + "px";
  };
  for (const shape of shapes) {
    shape.querySelector("title")?.remove(); // the tooltip below takes its place
    shape.addEventListener("pointermove", (event) => show(describe(shape), event.clientX, event.clientY));
    shape.addEventListener("pointerleave", () => { tip.hidden = true; });
  }
  const choose = (lane) => {
    const again = lane.classList.contains("chosen");
    for (const other of lanes) {
      other.classList.toggle("chosen", other === lane && !again);
      other.classList.toggle("dim", other !== lane && !again);
    }
    if (again) return;
    // A jump by location.hash would take the keyboard's focus away from the lane.
    history.replaceState(null, "", "#" + lane.dataset.track);
    document.getElementById(lane.dataset.track).scrollIntoView({ block: "nearest" });
  };
  for (const lane of lanes) {
    lane.addEventListener("click", () => choose(lane));
    lane.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); choose(lane); }
    });
  }
  view?.addEventListener("change", () => {
    target = view.value;
    for (const shape of shapes) {
      const seen = JSON.parse(shape.dataset.views)[target];
      if (seen) shape.setAttribute("fill", seen.fill);
    }
  });
})();
