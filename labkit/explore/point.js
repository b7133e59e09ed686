// A picture in which one points: by a click, or by the arrow keys and Enter.
// `point` is [row, col] in px of the image, or [] before the first one.

const PAUSE = 250; // ms after the last arrow key until the place is sent

function render({ model, el }) {
  const box = document.createElement("div"), picture = document.createElement("img");
  const rings = [["#000", 5], ["#fff", 2]].map(([colour, width]) => {
    const ring = document.createElement("div");
    ring.style.cssText = `position:absolute;width:16px;height:16px;border-radius:50%;
      border:${width}px solid ${colour};transform:translate(-50%,-50%);pointer-events:none`;
    return ring;
  });
  let place = null, timer = 0, address = "";

  box.className = "labkit-point";
  box.tabIndex = 0;
  box.setAttribute("role", "application");
  box.setAttribute("data-lm-suppress-shortcuts", "true"); // JupyterLab's own keys
  box.setAttribute("aria-label", "result: click a place, or move there by arrow keys");
  box.style.cssText = "position:relative;cursor:crosshair;line-height:0;width:100%";
  picture.style.cssText = "width:100%;display:block";
  picture.draggable = false;
  picture.alt = "";
  box.append(picture, ...rings);
  el.append(box);

  function show() {
    URL.revokeObjectURL(address);
    address = URL.createObjectURL(new Blob([model.get("value")], { type: "image/jpeg" }));
    picture.src = address;
  }
  function mark() {
    const [rows, cols] = model.get("size");
    for (const ring of rings) {
      ring.style.display = place ? "block" : "none";
      if (!place) continue;
      ring.style.top = `${(100 * (place[0] + 0.5)) / rows}%`;
      ring.style.left = `${(100 * (place[1] + 0.5)) / cols}%`;
    }
  }
  function follow() {
    const [row, col] = model.get("point");
    place = row === undefined ? null : [row, col];
    mark();
  }
  function go(row, col, pause) {
    const [rows, cols] = model.get("size");
    const within = (k, n) => Math.max(0, Math.min(n - 1, Math.floor(k)));
    place = [within(row, rows), within(col, cols)];
    mark();
    clearTimeout(timer);
    timer = setTimeout(send, pause);
  }
  function send() {
    clearTimeout(timer);
    model.set("point", place);
    model.save_changes();
  }
  function click(e) {
    const around = picture.getBoundingClientRect(), [rows, cols] = model.get("size");
    box.focus({ preventScroll: true });
    go(((e.clientY - around.top) * rows) / around.height,
      ((e.clientX - around.left) * cols) / around.width, 0);
  }
  function keydown(e) {
    const ways = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    const way = ways[e.key], size = model.get("size");
    if (e.ctrlKey || e.metaKey || e.altKey || (!way && e.key !== "Enter")) return;
    e.preventDefault();
    e.stopPropagation();
    place = place ?? size.map((n) => Math.floor(n / 2)); // begin in the middle
    if (!way) return send();
    const step = Math.max(1, Math.round(Math.max(...size) / 128)) * (e.shiftKey ? 8 : 1);
    go(place[0] + way[0] * step, place[1] + way[1] * step, PAUSE);
  }

  box.addEventListener("click", click);
  box.addEventListener("keydown", keydown);
  model.on("change:value", show);
  model.on("change:point", follow);
  show();
  follow();
  return () => {
    clearTimeout(timer);
    URL.revokeObjectURL(address);
    model.off("change:value", show);
    model.off("change:point", follow);
  };
}

export default { render };
