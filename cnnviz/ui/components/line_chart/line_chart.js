// A few curves of shares over whole numbers. A chart library would take longer to redraw than
// everything else on the page together.

import { arrowStep, component, setText } from "../shared/component.js"
import { clamp } from "../shared/numbers.js"

const PLOT_HEIGHT = 240 // CSS px
const PLOT = { left: 46, right: 14, top: 8, bottom: 42 }

class Curves {
  constructor(parent) {
    this.root = parent.querySelector(".curves")
    this.canvas = parent.querySelector("canvas")
    this.key = parent.querySelector(".key")
    this.words = parent.querySelector(".words")
    this.canvas.onpointermove = this.canvas.onpointerdown = (event) => this.point(this.placeAt(event))
    this.canvas.onpointerleave = this.canvas.onblur = () => this.point(null)
    this.canvas.onkeydown = (event) => {
      const step = arrowStep(event.key)?.[1]
      if (!step) return
      event.preventDefault()
      event.stopPropagation() // Streamlit has shortcuts of its own
      this.point(clamp((this.pointed ?? this.content.marked) + step, this.x.length))
    }
    this.observer = new ResizeObserver(() => this.content && this.draw())
    this.observer.observe(this.root)
  }

  close() {
    this.observer.disconnect()
  }

  show(content) {
    this.content = content
    this.x = content.arrays.x.values
    this.values = content.arrays.values.values // line after line
    this.pointed = null
    this.canvas.setAttribute("aria-label", content.label)
    this.key.replaceChildren(...content.lines.map(({ name, color, dash }) => {
      const entry = document.createElement("span")
      entry.innerHTML = `<svg><line x1="0" x2="30" y1="5" y2="5" stroke-width="3" stroke="${color}" stroke-dasharray="${dash}"/></svg>`
      entry.append(name)
      return entry
    }))
    this.draw()
  }

  valueOf(line, place) {
    return this.values[line * this.x.length + place]
  }

  left(place) {
    const width = this.canvas.clientWidth - PLOT.left - PLOT.right
    return PLOT.left + (place / Math.max(this.x.length - 1, 1)) * width
  }

  top(share) {
    return PLOT.top + (1 - share) * (PLOT_HEIGHT - PLOT.top - PLOT.bottom)
  }

  placeAt(event) {
    const x = event.clientX - this.canvas.getBoundingClientRect().left
    const step = this.left(1) - this.left(0)
    return clamp(Math.round((x - PLOT.left) / step), this.x.length)
  }

  point(place) {
    if (place === this.pointed) return
    this.pointed = place
    this.draw()
  }

  draw() {
    const { canvas } = this
    if (!canvas.clientWidth) return
    const ratio = window.devicePixelRatio || 1
    canvas.width = Math.round(canvas.clientWidth * ratio)
    canvas.height = Math.round(PLOT_HEIGHT * ratio)
    canvas.style.height = `${PLOT_HEIGHT}px`
    const brush = canvas.getContext("2d")
    brush.scale(ratio, ratio)
    const style = getComputedStyle(this.root)
    brush.font = `14px ${style.fontFamily}`
    brush.fillStyle = brush.strokeStyle = style.color
    this.drawAxes(brush)
    this.content.lines.forEach((line, number) => this.drawLine(brush, line, number))
    this.tell()
  }

  drawAxes(brush) {
    const right = this.left(this.x.length - 1)
    brush.textBaseline = "middle"
    brush.textAlign = "right"
    for (const share of [0, 0.25, 0.5, 0.75, 1]) {
      brush.globalAlpha = 0.15
      this.stroke(brush, [[PLOT.left, this.top(share)], [right, this.top(share)]], 1)
      brush.globalAlpha = 0.75
      if (share % 0.5 === 0) brush.fillText(`${share * 100}%`, PLOT.left - 10, this.top(share))
    }
    brush.textAlign = "center"
    this.x.forEach((value, place) => {
      brush.fillText(String(value).replace("-", "−"), this.left(place), this.top(0) + 16)
    })
    brush.fillText(this.content.axis, (PLOT.left + right) / 2, this.top(0) + 34)
    const shown = this.left(this.pointed ?? this.content.marked)
    brush.globalAlpha = 0.6
    brush.setLineDash(this.pointed === null ? [] : [4, 4])
    this.stroke(brush, [[shown, this.top(1)], [shown, this.top(0)]], 1.5)
    brush.setLineDash([])
    brush.globalAlpha = 1
  }

  drawLine(brush, { color, dash }, number) {
    const points = Array.from(this.x, (_, place) => [this.left(place), this.top(this.valueOf(number, place))])
      .filter(([, y]) => !Number.isNaN(y))
    brush.strokeStyle = brush.fillStyle = color
    brush.setLineDash(dash)
    this.stroke(brush, points, 3)
    brush.setLineDash([])
    for (const [x, y] of points) {
      brush.beginPath()
      brush.arc(x, y, 4, 0, 2 * Math.PI)
      brush.fill()
    }
  }

  stroke(brush, points, width) {
    brush.lineWidth = width
    brush.beginPath()
    for (const [x, y] of points) brush.lineTo(x, y)
    brush.stroke()
  }

  tell() {
    const place = this.pointed ?? this.content.marked
    const parts = this.content.lines.map(({ name }, number) => {
      const value = this.valueOf(number, place)
      return Number.isNaN(value) ? "" : `${name} ${Math.round(value * 100)}%`
    })
    const at = String(this.x[place]).replace("-", "−")
    setText(this.words, `At ${at}: ${parts.filter(Boolean).join(", ")}`)
  }
}

export default component(Curves)
