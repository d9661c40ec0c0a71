// How the sliding picture's figures are painted; SlidingPicture adds what can be done with them.

import { channels, colorIndex, colorTable, cssColor, inkOn, mixed, packed, unpacked } from "../shared/colors.js"
import { setText } from "../shared/component.js"
import { outlineCells, paintCells, paintValues, resizeCanvas } from "../shared/pixels.js"
import { element, plain } from "./text.js"

const NUMBER_ROOM = 25 // CSS px a cell needs before its number is written into it
const VEIL = 0.45 // how strongly a border is tinted

export class SlidingPaint {
  draw() {
    const { slide } = this
    this.images.forEach((figure, channel) => this.drawImage(figure, channel))
    this.kernels.forEach((figure, channel) => this.drawKernel(figure, channel))
    this.partials.forEach((figure, channel) => {
      if (!this.sum) return this.drawResult(figure, slide.total, this.outZoom, "Result")
      const values = slide.partial?.subarray(channel * slide.places, (channel + 1) * slide.places)
      return this.drawResult(figure, values, this.outZoom, `${slide.names[channel]} adds`)
    })
    if (this.whole) this.drawWhole(this.whole)
    if (this.sum) this.drawResult(this.sum, slide.total, this.sumZoom, "Their sum: one map")
    this.tell()
  }

  drawImage(figure, channel) {
    const { slide } = this
    const [rows, columns] = [slide.paddedHeight, slide.paddedWidth]
    const values = slide.padded(channel)
    const canvas = this.sized(figure, "map", rows, columns, this.zoom)
    const brush = paintValues(canvas, values, rows, columns, this.zoom, slide.limit, "digit", this.theme)
    if (slide.padding) this.veilBorder(brush)
    this.writeNumbers(brush, values, rows, columns, this.zoom, slide.limit, "digit")
    const size = `${slide.height} × ${slide.width}`
    const around = slide.padding ? ` and a border of ${slide.padding}` : ""
    this.caption(figure, slide.names[channel], size + around)
    this.range(figure, `black 0, white ${plain(slide.limit)}`)
  }

  // What was added around the image is tinted, so that nobody takes it for the image.
  veilBorder(brush) {
    const { slide, zoom } = this
    const frame = new Path2D()
    frame.rect(0, 0, slide.paddedWidth * zoom, slide.paddedHeight * zoom)
    frame.rect(slide.padding * zoom, slide.padding * zoom, slide.width * zoom, slide.height * zoom)
    brush.save()
    brush.globalAlpha = VEIL
    brush.fillStyle = this.veil()
    brush.fill(frame, "evenodd")
    brush.restore()
  }

  // The three channels together, as eyes see them.
  drawWhole(figure) {
    const { slide, zoom } = this
    const [rows, columns] = [slide.paddedHeight, slide.paddedWidth]
    const channels = [0, 1, 2].map((channel) => slide.padded(channel))
    const level = (value) => Math.round(255 * Math.max(0, Math.min(1, value / slide.limit)))
    const pixels = Uint32Array.from(channels[0], (_, at) => packed(channels.map((values) => level(values[at]))))
    paintCells(this.sized(figure, "map", rows, columns, zoom), pixels, rows, columns, zoom)
    this.caption(figure, "The image", `${slide.channels} × ${slide.height} × ${slide.width}`)
  }

  veil() {
    return getComputedStyle(this.convolution).getPropertyValue("--st-primary-color").trim()
  }

  drawKernel(figure, channel) {
    const { slide } = this
    const inputs = figure.querySelectorAll("input")
    const most = slide.kernel?.reduce((found, weight) => Math.max(found, Math.abs(weight)), 0) ?? 0
    const table = colorTable("signed", this.theme)
    const winner = slide.rule === "max" && this.at ? slide.winnerAt(this.at) : null
    const terms = slide.kernel || !this.at ? null : slide.terms(channel, this.at)
    inputs.forEach((input, cell) => {
      const weight = slide.kernel?.[channel * inputs.length + cell]
      const term = terms?.[cell]
      if (term) input.value = plain(term.value)
      const won = winner && term && term.row === winner.row && term.column === winner.column
      const pixel = table[colorIndex(weight ?? (won ? 0.75 : 0), weight === undefined ? 1 : most)]
      input.style.background = cssColor(pixel)
      input.style.color = inkOn(unpacked(pixel))
    })
    const words = { sum: "Kernel", max: "The window", mean: "The window" }
    const name = slide.channels > 1 ? `× ${slide.names[channel]}` : words[slide.rule]
    this.caption(figure, name, `${slide.down} × ${slide.across}`)
  }

  drawResult(figure, values, zoom, title) {
    const { slide } = this
    const [rows, columns] = [slide.outRows, slide.outColumns]
    const screen = figure.querySelector(".screen")
    figure.classList.toggle("empty", !slide.places)
    this.caption(figure, title, slide.places ? `${rows} × ${columns}` : "no place for the window")
    if (!slide.places) {
      screen.style.width = screen.style.height = ""
      return this.range(figure, "")
    }
    const scale = this.inGray ? "digit" : "signed"
    const most = values.reduce((found, value) => Math.max(found, Math.abs(value)), 0)
    const limit = this.inGray ? slide.limit : most
    const shown = this.inGray ? values.map((value) => Math.max(0, value)) : values // below black is black
    const canvas = this.sized(figure, "map", rows, columns, zoom)
    const brush = paintValues(canvas, shown, rows, columns, zoom, limit, scale, this.theme)
    this.writeNumbers(brush, values, rows, columns, zoom, limit, scale, false)
    let [low, high] = [Infinity, -Infinity]
    for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)]
    const ends = this.inGray ? `, black 0, white ${plain(limit)}` : ""
    this.range(figure, `${plain(low)} to ${plain(high)}${ends}`)
  }

  sized(figure, kind, rows, columns, zoom) {
    const canvas = figure.querySelector("." + kind)
    resizeCanvas(canvas, columns * zoom, rows * zoom, this.ratio)
    const screen = canvas.parentElement
    screen.style.width = canvas.style.width
    screen.style.height = canvas.style.height
    return canvas
  }

  writeNumbers(brush, values, rows, columns, zoom, limit, scale, veiled = this.slide.padding > 0) {
    if (zoom / this.ratio < NUMBER_ROOM) return
    const table = colorTable(scale, this.theme)
    const veil = channels(this.veil())
    brush.textAlign = "center"
    brush.textBaseline = "middle"
    const family = getComputedStyle(this.convolution).fontFamily
    values.forEach((value, at) => {
      const text = plain(value)
      const size = Math.min(15 * this.ratio, (zoom * 1.5) / Math.max(text.length, 3.4))
      brush.font = `${size}px ${family}`
      const [row, column] = [Math.floor(at / columns), at % columns]
      const paper = unpacked(table[colorIndex(scale === "digit" ? Math.max(0, value) : value, limit)])
      const border = veiled && this.slide.isBorder(row, column)
      brush.fillStyle = inkOn(border ? mixed(veil, paper, VEIL) : paper)
      brush.fillText(text, (column + 0.5) * zoom, (row + 0.5) * zoom)
    })
  }

  caption(figure, title, note) {
    const caption = figure.querySelector("figcaption")
    if (!caption.children.length) caption.append(element("b", ""), element("span", "note"))
    setText(caption.children[0], title)
    setText(caption.children[1], note)
  }

  range(figure, text) {
    setText(figure.querySelector(".range"), text)
  }

  // ---- the window on the figures ----

  markWindow(brush, style, channel) {
    const { slide, at, zoom } = this
    if (slide.dilation > 1) {
      for (const { row, column } of slide.terms(channel, at)) {
        outlineCells(brush, style, this.ratio, [column, row, 1, 1], zoom, 1.5)
      }
    }
    outlineCells(brush, style, this.ratio, slide.windowBox(at), zoom, 2.5, slide.dilation > 1)
    if (slide.rule === "max") {
      const { row, column } = slide.winnerAt(at)
      outlineCells(brush, style, this.ratio, [column, row, 1, 1], zoom, 1.5)
    }
  }

  // The place on a result; while playing, what is still to come stays covered.
  markPlace(figure, style, zoom) {
    const { slide, at } = this
    const brush = this.sized(figure, "marks", slide.outRows, slide.outColumns, zoom).getContext("2d")
    if (this.playing) {
      brush.globalAlpha = 0.88
      brush.fillStyle = style.getPropertyValue("--st-background-color")
      brush.fillRect((at.column + 1) * zoom, at.row * zoom, slide.outColumns * zoom, zoom)
      brush.fillRect(0, (at.row + 1) * zoom, slide.outColumns * zoom, slide.outRows * zoom)
      brush.globalAlpha = 1
    }
    outlineCells(brush, style, this.ratio, [at.column, at.row, 1, 1], zoom, 2.5)
  }
}
