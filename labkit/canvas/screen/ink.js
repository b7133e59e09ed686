// The input layer of the annotator: takes pointer, wheel and keys in the browser, draws
// the live line there, and sends one message a stroke. The keyboard has a pointer, too: a
// cross that Shift and the arrow keys call and the arrow keys move; Space is its button.
// All points are [row, col]: "image" points in image pixels (pixel centres on integers),
// "view" points in CSS pixels.

const CLICK = { mouse: 3, pen: 5, touch: 8 }; // a pointer that moved less has clicked
const DOUBLE = 400; // ms between the clicks of a double click
const STEPS = [2, 20]; // CSS px that an arrow key moves the cross, without and with Shift
const WAYS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const distance = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]);
const middle = (a, b) => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];

function modifiers(e) {
  const altGr = e.getModifierState("AltGraph"); // types a sign; is no Ctrl+Alt
  return [e.shiftKey, (e.ctrlKey || e.metaKey) && !altGr, e.altKey && !altGr];
}

function keyName(e) { // as labkit.canvas.events.key_name
  const [shift, ctrl, alt] = modifiers(e);
  const key = e.key === " " ? "Space" : e.key.length === 1 ? e.key.toLowerCase() : e.key;
  const shown = shift && (key.length > 1 || key.toLowerCase() !== key.toUpperCase());
  return (ctrl ? "Ctrl+" : "") + (alt ? "Alt+" : "") + (shown ? "Shift+" : "") + key;
}

function render({ model, el }) {
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d");
  const get = (name) => model.get(name);
  const pointers = new Map(); // fingers and buttons that are down: id -> view point
  let stroke = null; // the one being drawn, or the drag that pans
  let finished = []; // lines that Python has not answered yet
  let pinch = null, last = null, space = false, click = { time: 0 }, frame = 0;
  let cross = false, left = null; // whether `last` is where the keyboard points; where it was
  const waiting = {}, sentAt = {}; // messages held back for a moment: kind -> content, ms

  canvas.tabIndex = 0;
  canvas.className = "labkit-ink";
  canvas.setAttribute("role", "application");
  canvas.setAttribute("aria-label", "image: draw with the pointer, zoom with the wheel; or "
    + "move a cross by Shift and the arrow keys, press Space there, zoom by Control and arrow up");
  canvas.style.cssText = "display:block;outline:none;touch-action:none;user-select:none";
  el.append(canvas);

  const send = (type, content = {}, buffers = []) =>
    model.send({ type, ...content }, undefined, buffers);

  function later(type, content, ms) { // at once, but at most one message a kind in `ms`
    const pause = (sentAt[type] ?? -ms) + ms - performance.now();
    const go = () => {
      content = waiting[type];
      delete waiting[type];
      sentAt[type] = performance.now();
      send(type, content);
    };
    const planned = type in waiting;
    waiting[type] = content;
    if (pause <= 0) go();
    else if (!planned) setTimeout(go, pause);
  }

  function at(e) {
    const box = canvas.getBoundingClientRect(), [height, width] = get("shape");
    return [(e.clientY - box.top) * height / box.height,
      (e.clientX - box.left) * width / box.width];
  }
  function toImage(p) {
    const [zoom, top, left] = get("view");
    return [(p[0] - top) / zoom - 0.5, (p[1] - left) / zoom - 0.5];
  }
  function toView(p) {
    const [zoom, top, left] = get("view");
    return [(p[0] + 0.5) * zoom + top, (p[1] + 0.5) * zoom + left];
  }

  // ---- what is drawn here
  function resize() {
    const [height, width] = get("shape"), ratio = window.devicePixelRatio || 1;
    Object.assign(canvas, { width: Math.floor(width * ratio), height: Math.floor(height * ratio) });
    Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
    send("ready", { ratio });
    paint();
  }

  // ipycanvas' own layers take Tab and keep it: none of them may have the focus
  const layers = () => [...canvas.closest(".labkit-screen")?.querySelectorAll("canvas") ?? []];
  const passOn = () => layers().forEach((one) => { if (one !== canvas) one.tabIndex = -1; });
  function arrived(e) {
    if (e.target === canvas || !layers().includes(e.target)) return;
    passOn();
    canvas.focus({ preventScroll: true });
  }
  function focused(e) { // shows that keys come here
    passOn();
    if (e.type === "blur" && cross) {
      if (stroke?.id === "keys") drop({ pointerId: "keys" });
      [left, cross] = [last, false];
      leave();
    } else if (e.type === "focus" && left) {
      [last, cross, left] = [left, true, null];
      paint();
    }
    canvas.style.boxShadow = e.type === "focus" ? "inset 0 0 0 2px #56b4e9" : "none";
  }
  function moved() { // perhaps to a display of another fineness
    if (canvas.width !== Math.floor(get("shape")[1] * window.devicePixelRatio)) resize();
  }

  function line(points, width, colour) {
    pen.beginPath();
    points.forEach(([row, col]) => pen.lineTo(col, row));
    if (points.length === 1) pen.lineTo(points[0][1] + 0.01, points[0][0]);
    Object.assign(pen, { lineWidth: width, strokeStyle: colour });
    pen.stroke();
  }
  function outlined(points) { // is seen on bright and on dark
    line(points, get("line_width") + 2, "#00000080");
    line(points, get("line_width"), get("colour"));
  }
  function trace(points, mode) {
    const drawn = points.map(toView), [a, b] = [drawn[0], drawn[drawn.length - 1]];
    if (mode === "box") outlined([a, [a[0], b[1]], b, [b[0], a[1]], a]);
    else if (mode === "brush") line(drawn, get("size") * get("view")[0], get("colour") + "70");
    else outlined(drawn);
  }
  function ring([row, col]) {
    const radius = get("size") * get("view")[0] / 2;
    for (const [colour, more] of [["#00000080", 1], [get("colour"), 0]]) {
      pen.beginPath();
      pen.arc(col, row, radius + more, 0, 2 * Math.PI);
      Object.assign(pen, { lineWidth: 1, strokeStyle: colour });
      pen.stroke();
    }
  }
  function paint() {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      const ratio = canvas.width / get("shape")[1], mode = get("mode");
      pen.setTransform(ratio, 0, 0, ratio, 0, 0);
      pen.clearRect(0, 0, canvas.width, canvas.height);
      Object.assign(pen, { lineCap: "round", lineJoin: "round" });
      for (const one of finished) trace(one.points, one.mode);
      if (stroke?.points) trace(stroke.points, mode);
      if (mode === "polygon" && last)
        for (const anchor of get("anchors")) outlined([toView(anchor), last]);
      if (mode === "brush" && last) ring(last);
      if (cross) for (const [width, colour] of [[3, "#000000"], [1.5, "#ffffff"]])
        for (const [row, col] of [[9, 0], [0, 9]])
          line([[last[0] - row, last[1] - col], [last[0] + row, last[1] + col]], width, colour);
      const pans = space || mode === "pan" || (stroke && !stroke.points);
      canvas.style.cursor = pans ? "grab" : get("cursor");
    });
  }

  // ---- pointer
  function move(from, to, factor) { // takes view point p to to + factor * (p - from)
    const old = waiting.move ?? { shift: [0, 0], factor: 1 }; // to p * factor + shift
    const shift = [0, 1].map((i) => to[i] + factor * (old.shift[i] - from[i]));
    later("move", { shift, factor: old.factor * factor }, 33);
  }
  function pinched() { // once a frame: fingers report one after the other
    if (!pinch) return;
    const [a, b] = pinch.fingers, [c, d] = [...pointers.values()];
    move(middle(a, b), middle(c, d), distance(c, d) / Math.max(distance(a, b), 1));
    pinch = { fingers: [c, d] };
  }
  function down(e) {
    if (e.pointerType === "touch" && stroke?.kind === "pen") return; // the palm
    canvas.focus({ preventScroll: true });
    cross = false;
    try { canvas.setPointerCapture(e.pointerId); } catch { /* not a real pointer */ }
    const point = at(e);
    if (e.pointerType === "pen") pointers.clear(); // the palm came first
    pointers.set(e.pointerId, point);
    if (pointers.size > 1) {
      stroke = null; // two fingers move the picture
      pinch = pointers.size === 2 ? { fingers: [...pointers.values()] } : null;
    } else {
      const pans = e.button === 1 || e.button === 2 || space || get("mode") === "pan";
      stroke = { start: point, far: 0, kind: e.pointerType, button: e.button,
        id: e.pointerId, modifiers: modifiers(e), points: pans ? null : [toImage(point)] };
    }
    last = point;
    paint();
  }
  function drag(e) {
    const point = at(e), before = pointers.get(e.pointerId);
    if (cross && !e.movementX && !e.movementY) return; // the page has moved, not the mouse
    cross = false;
    if (before && pinch) {
      pointers.set(e.pointerId, point);
      pinch.frame ??= requestAnimationFrame(pinched);
    } else if (before && stroke?.id === e.pointerId) {
      stroke.far = Math.max(stroke.far, distance(point, stroke.start));
      if (stroke.points) {
        const all = e.getCoalescedEvents?.() ?? [];
        for (const one of all.length ? all : [e]) stroke.points.push(toImage(at(one)));
      } else if (stroke.far > CLICK[stroke.kind]) {
        move(before, point, 1);
        pointers.set(e.pointerId, point);
      }
    } else if (!before && get("hover")) {
      later("hover", { point: toImage(point) }, 100);
    }
    last = point;
    paint();
  }
  function up(e) {
    pinched();
    pinch = null;
    pointers.delete(e.pointerId);
    if (stroke?.id === e.pointerId) lift(at(e));
  }
  function lift(point) { // ends the stroke
    const { points, start, far, kind, button, modifiers } = stroke;
    const isClick = far < (CLICK[kind] ?? 3), end = toImage(point);
    if (points && distance(points.at(-1), end) > 0) points.push(end);
    stroke = null;
    if (isClick) clicked(start, kind, { button, modifiers });
    else if (points) {
      const corners = [points[0], points.at(-1)];
      finish(get("mode") === "box" ? corners : points, { button, modifiers });
    }
    if (kind === "touch") last = null; // a finger does not hover
    paint();
  }
  function clicked(point, kind, content) {
    const now = performance.now(), twice = click.point && now - click.time < DOUBLE
      && distance(click.point, point) < 2 * (CLICK[kind] ?? 3) && click.button === content.button;
    click = twice ? { time: 0 } : { time: now, point, button: content.button };
    if (twice) send("double", { point: toImage(point), modifiers: content.modifiers });
    else finish([toImage(point)], content);
  }
  function finish(points, content) {
    if (get("mode") !== "none" && points.length > 1) finished.push({ points, mode: get("mode") });
    send("stroke", content, [new Float32Array(points.flat()).buffer]);
  }
  function drop(e) {
    if (stroke?.id === "keys" && e.pointerId !== "keys") return;
    pointers.delete(e.pointerId);
    stroke = pinch = null;
    paint();
  }
  function leave() {
    if (cross) return;
    last = null;
    if (get("hover")) later("hover", { point: null }, 100);
    paint();
  }
  function wheel(e) {
    e.preventDefault();
    e.stopPropagation();
    const unit = [1, 33, 300][e.deltaMode], pinched = e.ctrlKey && Math.abs(e.deltaY) < 50 ? 6 : 1;
    const turned = (e.deltaY || e.deltaX) * unit * pinched; // Shift turns Y into X
    later("wheel", { point: at(e), dy: (waiting.wheel?.dy ?? 0) + turned, modifiers: modifiers(e) }, 30);
  }

  // ---- the cross
  function steered(e) { // whether a key was meant for it
    const way = WAYS[e.key], [shift, ctrl, alt] = modifiers(e);
    if (e.target !== canvas || alt || !(way ? cross || shift || ctrl : cross && e.key === " "))
      return false;
    if (!way) return press(e);
    if (get("hotkeys").includes(keyName(e)) && (shift || ctrl)) return false;
    last ??= get("shape").map((n) => n / 2);
    cross = true;
    if (!ctrl) go(way.map((n) => n * STEPS[+shift]));
    else later("wheel", { point: last, dy: 100 * way[0], modifiers: [] }, 30);
    return true;
  }
  function go(step) {
    const before = last, to = last.map((n, i) => n + step[i]);
    last = to.map((n, i) => Math.max(0, Math.min(get("shape")[i] - 1, n)));
    if (stroke && !stroke.points) move(before, last, 1);
    else if (stroke) stroke.points.push(toImage(last));
    else if (distance(to, last)) move(to, last, 1); // what lies beyond the edge comes into sight
    if (stroke) stroke.far = Math.max(stroke.far, distance(last, stroke.start));
    else if (get("hover")) later("hover", { point: toImage(last) }, 100);
  }
  function press(e) { // Space goes down
    if (e.repeat || stroke) return true;
    stroke = { start: last, far: 0, kind: "keys", button: 0, id: "keys",
      modifiers: modifiers(e), points: get("mode") === "pan" ? null : [toImage(last)] };
    return true;
  }

  // ---- keys: those in `hotkeys`, wherever the focus is inside the annotator
  const root = () => canvas.closest(".labkit-annotator") ?? canvas.closest(".labkit-screen");
  function keydown(e) {
    const field = e.target.closest?.("input:not([type=checkbox],[type=radio]),textarea,select,[contenteditable=true]");
    if (!root()?.contains(e.target) || field || e.isComposing) return;
    const name = keyName(e);
    if (name === "Escape" && stroke) drop({ pointerId: stroke.id });
    else if (name === "Space" && e.target === canvas && !cross) space = true;
    else if (steered(e)) paint();
    else if (get("hotkeys").includes(name) && !needed(e)) {
      send("key", { key: e.key, modifiers: modifiers(e) });
    } else {
      // Not ours: the browser and the widgets may have it, JupyterLab's one-key
      // commands (a inserts a cell, d d deletes one) must not.
      const stop = (other) => other === e && e.stopPropagation();
      const theirs = e.ctrlKey || e.metaKey || e.altKey || /^(Tab|F\d+)$/.test(e.key);
      if (!theirs) root().addEventListener("keydown", stop, { once: true });
      return;
    }
    e.preventDefault();
    e.stopImmediatePropagation();
    paint();
  }
  function needed(e) { // what a button or a slider that has the focus is used with
    return e.target.tagName === "BUTTON" ? /^(Enter| )$/.test(e.key)
      : e.target.matches?.("[role=slider],[type=radio]") && /^(Arrow|Page|Home|End)/.test(e.key);
  }
  function keyup(e) {
    if (e.key !== " ") return;
    if (stroke?.id === "keys") lift(last);
    space = false;
    paint();
  }
  function pressed(e) { // a mouse click on a button leaves the keys with the picture
    if (e.detail && e.target.closest?.("button") && root()?.contains(e.target))
      canvas.focus({ preventScroll: true });
  }

  const here = { pointerdown: down, pointermove: drag, pointerup: up, pointercancel: drop,
    pointerleave: leave, focus: focused, blur: focused, contextmenu: (e) => e.preventDefault(),
    mousedown: (e) => e.button === 1 && e.preventDefault() }; // no autoscroll
  for (const [type, listener] of Object.entries(here)) canvas.addEventListener(type, listener);
  canvas.addEventListener("wheel", wheel, { passive: false });
  const anywhere = { keydown, keyup, focusin: arrived, click: pressed, resize: moved, blur: () => { space = false; } };
  for (const [type, listener] of Object.entries(anywhere)) window.addEventListener(type, listener, true);
  model.on("change:shape", resize);
  const drawn = ["view", "mode", "colour", "line_width", "size", "anchors", "cursor"];
  for (const name of drawn) model.on(`change:${name}`, paint);
  const answered = (message) => { if (message.type === "clear") { finished = []; paint(); } };
  model.on("msg:custom", answered);
  resize();
  return () => { // the view is taken away
    for (const [type, listener] of Object.entries(anywhere)) window.removeEventListener(type, listener, true);
    model.off("change:shape", resize);
    for (const name of drawn) model.off(`change:${name}`, paint);
    model.off("msg:custom", answered);
  };
}

export default { render };
