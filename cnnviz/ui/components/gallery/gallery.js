// The gallery widget: a grid of pictures, one of which may be chosen by pointer or arrow keys.

import { component, sameBytes } from "../shared/component.js"

class Gallery {
  constructor(parent) {
    this.gallery = parent.querySelector(".gallery")
    this.gallery.onclick = (event) => this.choose(this.tiles.indexOf(event.target.closest("button")))
    this.gallery.onkeydown = (event) => this.press(event)
    this.tiles = []
    this.addresses = []
    this.turn = -1 // counts the visitor's choices; Python's echo of an older one is ignored
  }

  show(content) {
    const { label, captions, hints, selected, turn, tile, aspect, crisp, selectable, ends, arrays } = content
    const files = arrays.files.values
    this.selectable = selectable
    this.gallery.setAttribute("role", selectable ? "radiogroup" : "group")
    this.gallery.setAttribute("aria-label", label)
    this.gallery.style.setProperty("--tile", `${tile}px`)
    this.gallery.style.setProperty("--aspect", aspect)
    this.gallery.classList.toggle("crisp", crisp)
    this.gallery.classList.toggle("shown", !selectable)
    if (!this.files || !sameBytes(this.files, files)) this.load(files, ends)
    this.tiles.forEach((button, index) => {
      button.title = hints[index]
      button.firstChild.alt = hints[index]
      if (button.lastChild.textContent !== captions[index]) button.lastChild.textContent = captions[index]
      button.lastChild.hidden = !captions[index]
      button.disabled = !selectable
    })
    if (turn >= this.turn) {
      this.turn = turn
      this.mark(selected)
    }
  }

  load(files, ends) {
    this.files = files.slice()
    const old = this.addresses
    this.addresses = ends.map((end, index) => URL.createObjectURL(new Blob([files.slice(ends[index - 1] ?? 0, end)])))
    while (this.tiles.length > ends.length) this.tiles.pop().remove()
    while (this.tiles.length < ends.length) this.tiles.push(this.addTile())
    this.tiles.forEach((button, index) => (button.firstChild.src = this.addresses[index]))
    old.forEach((address) => URL.revokeObjectURL(address))
  }

  addTile() {
    const button = document.createElement("button")
    button.type = "button"
    button.append(new Image(), document.createElement("span"))
    return this.gallery.appendChild(button)
  }

  choose(tile) {
    if (!this.selectable || tile < 0 || tile === this.selected) return
    this.turn += 1
    this.mark(tile)
    this.setState("selected", { tile, turn: this.turn })
  }

  mark(selected) {
    this.selected = selected
    this.tiles.forEach((button, index) => {
      if (this.selectable) {
        button.setAttribute("role", "radio")
        button.setAttribute("aria-checked", String(index === selected))
      }
      button.tabIndex = index === (selected ?? 0) ? 0 : -1
    })
  }

  press(event) {
    const across = Math.max(1, getComputedStyle(this.gallery).gridTemplateColumns.split(" ").length)
    const moves = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -across, ArrowDown: across }
    const move = moves[event.key]
    const tile = (this.selected ?? 0) + move
    if (!move || !this.tiles[tile]) return
    this.choose(tile)
    this.tiles[tile].focus()
    event.preventDefault()
    event.stopPropagation() // Streamlit has shortcuts of its own
  }

  close() {
    this.addresses.forEach((address) => URL.revokeObjectURL(address))
  }
}

export default component(Gallery)
