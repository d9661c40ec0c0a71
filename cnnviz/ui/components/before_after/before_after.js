// The compare widget: two pictures over each other; the range input is the divider.

import { component, sameBytes } from "../shared/component.js"

class Compare {
  constructor(parent) {
    for (const name of ["compare", "stage", "before", "after", "titles"]) {
      this[name] = parent.querySelector("." + name)
    }
    this.slider = parent.querySelector("input")
    this.slider.oninput = () => this.place()
    this.files = {} // name -> {bytes, address} of what is on screen
  }

  show({ label, titles, aspect, start, height, crisp, arrays }) {
    this.compare.style.setProperty("--aspect", aspect)
    this.compare.style.setProperty("--most-height", `${height}px`)
    this.compare.classList.toggle("crisp", crisp)
    this.slider.setAttribute("aria-label", label)
    this.after.alt = label
    titles.forEach((title, index) => (this.titles.children[index].textContent = title))
    if (this.slider.dataset.start !== String(start)) {
      this.slider.dataset.start = start
      this.slider.value = 100 * start
    }
    this.place()
    for (const name of ["before", "after"]) this.put(name, arrays[name].values)
  }

  place() {
    this.stage.style.setProperty("--at", `${this.slider.value}%`)
    this.slider.setAttribute("aria-valuetext", `${this.slider.value}% ${this.titles.children[0].textContent}`)
  }

  // A new picture replaces the old one only once it is decoded, so that nothing flashes.
  async put(name, bytes) {
    const old = this.files[name]
    if (old && sameBytes(old.bytes, bytes)) return
    const file = { bytes: bytes.slice(), address: URL.createObjectURL(new Blob([bytes])) }
    this.files[name] = file
    const next = new Image()
    next.src = file.address
    await next.decode().catch(() => null)
    if (this.files[name] === file) this[name].src = file.address
    if (old) URL.revokeObjectURL(old.address)
  }

  close() {
    for (const { address } of Object.values(this.files)) URL.revokeObjectURL(address)
  }
}

export default component(Compare)
