// What Streamlit calls: once at first, and again whenever data or theme change, always with the same
// parentElement. One View a parentElement keeps its canvas, its listeners and its state in between.

import { unpack } from "./transport.js"

// A View has show(content) and close(); `setState(name, value)`, which sends to Python, is given to it.
export function component(View, read = unpack) {
  const views = new WeakMap()
  return ({ parentElement, data, setStateValue }) => {
    let view = views.get(parentElement)
    if (!view) views.set(parentElement, (view = new View(parentElement)))
    view.setState = setStateValue
    view.show(read(data))
    const call = (view.calls = (view.calls ?? 0) + 1)
    return () => {
      if (call !== view.calls) return // overtaken: the view is in use
      view.close()
      views.delete(parentElement)
    }
  }
}

// Writing an equal text would still make the browser lay out the page again.
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text
}

export function sameBytes(one, other) {
  return one.length === other.length && one.every((byte, at) => byte === other[at])
}

// The step an arrow key asks for, as [down, right]; undefined for other keys.
export function arrowStep(key) {
  return { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[key]
}
