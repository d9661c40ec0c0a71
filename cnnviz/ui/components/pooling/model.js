// What the pooling picture knows about a layer: windows, winners, words. Nothing here draws.

import { CORNERS } from "cnnviz/colors.py"
import { channels } from "../shared/colors.js"
import { num } from "../shared/numbers.js"

export const DECIDED = 0, TIED = 1, EMPTY = 2 // what `state` says of a window
const SIDES = { 2: ["top left", "top right", "bottom left", "bottom right"] }

export class PoolingLayer {
  constructor(content) {
    const { feature, corner } = content.arrays
    Object.assign(this, content)
    ;[this.maps, this.height, this.width] = feature.shape
    ;[, this.rows, this.columns] = corner.shape // of the pooled map
    for (const [name, { values }] of Object.entries(content.arrays)) this[name] = values
  }

  at(map, row, column) {
    return (map * this.rows + row) * this.columns + column
  }

  // The window of pooled cell (row, column): its cells' values, row by row.
  cells(map, row, column) {
    const { window, width, height, feature } = this
    const found = []
    for (let down = 0; down < window; down++) {
      for (let right = 0; right < window; right++) {
        found.push(feature[(map * height + row * window + down) * width + column * window + right])
      }
    }
    return found
  }

  value(map, row, column) {
    return this.cells(map, row, column)[this.corner[this.at(map, row, column)]]
  }

  // The winner's place on the feature map.
  winner(map, row, column) {
    const corner = this.corner[this.at(map, row, column)]
    return {
      row: row * this.window + Math.floor(corner / this.window),
      column: column * this.window + (corner % this.window),
    }
  }

  // The window a feature-map cell belongs to; null in the rows and columns that fall off.
  windowOf(row, column) {
    const place = { row: Math.floor(row / this.window), column: Math.floor(column / this.window) }
    return place.row < this.rows && place.column < this.columns ? place : null
  }

  // The window whose cells look most directly at a pixel.
  windowAtPixel(row, column) {
    const nearest = (pixel) => {
      let best = 0
      this.centers.forEach((center, cell) => {
        if (Math.abs(center - pixel) < Math.abs(this.centers[best] - pixel)) best = cell
      })
      return best
    }
    return this.windowOf(nearest(row), nearest(column))
  }

  // Pixels that the cells first..last of the feature map can see, along one axis.
  pixels(first, last) {
    return [this.spans[2 * first], this.spans[2 * last + 1]]
  }

  strongest(map) {
    let best = { row: 0, column: 0 }
    let most = -Infinity
    for (let row = 0; row < this.rows; row++) {
      for (let column = 0; column < this.columns; column++) {
        const value = this.value(map, row, column)
        if (value > most) [most, best] = [value, { row, column }]
      }
    }
    return best
  }

  range(map) {
    const size = this.height * this.width
    const cells = this.feature.subarray(map * size, (map + 1) * size)
    return [Math.min(...cells), Math.max(...cells)]
  }

  // How often each corner won, and how many windows are tied or empty.
  census(map) {
    const corners = new Array(this.window ** 2).fill(0)
    let [tied, empty, changed] = [0, 0, 0]
    const size = this.rows * this.columns
    for (let place = map * size; place < (map + 1) * size; place++) {
      if (this.state[place] === TIED) tied++
      else if (this.state[place] === EMPTY) empty++
      else corners[this.corner[place]]++
      if (this.changed?.[place]) changed++
    }
    return { corners, tied, empty, changed }
  }

  sideName(corner) {
    if (SIDES[this.window]) return SIDES[this.window][corner]
    if (this.window === 1) return "only"
    return `row ${Math.floor(corner / this.window)}, column ${corner % this.window}`
  }

  // The color of a place in the window; larger windows mix the four corners' colors.
  cornerColor(corner) {
    const last = Math.max(this.window - 1, 1)
    const [down, right] = [Math.floor(corner / this.window) / last, (corner % this.window) / last]
    const weights = [(1 - down) * (1 - right), (1 - down) * right, down * (1 - right), down * right]
    const mixed = [0, 1, 2].map((channel) =>
      Math.round(weights.reduce((sum, weight, at) => sum + weight * channels(CORNERS[at])[channel], 0)))
    return `rgb(${mixed.join(", ")})`
  }

  // ---- sentences ----

  sentences(map, { row, column }) {
    const at = this.at(map, row, column)
    const { state } = this
    const value = num(this.value(map, row, column))
    const where = `${this.pooled}, row ${row}, column ${column}`
    const winner = this.winner(map, row, column)
    if (state[at] === EMPTY) {
      const stop = this.source.startsWith("relu") ? " all the same; ReLU stops it there." : " all the same."
      return [
        `${where}: 0. All cells of the window are zero; nobody won.`,
        `The gradient, ${num(this.gradient[at])}, goes to the first cell${stop}`,
        this.look(winner),
      ]
    }
    const side = `the ${this.sideName(this.corner[at])} cell`
    const won = state[at] === TIED
      ? `${where}: ${value}. A tie: ${this.countOf(map, row, column)} cells share the largest value; by PyTorch's rule the first of them, ${side}, wins.`
      : `${where}: ${value}, from ${side}${this.lead(at)}.`
    return [won, this.routing(at, winner), this.look(winner)]
  }

  lead(at) {
    const margin = this.margin[at]
    return Number.isFinite(margin) ? `, ${num(margin)} ahead of the next` : ""
  }

  countOf(map, row, column) {
    const cells = this.cells(map, row, column)
    return cells.filter((value) => value === Math.max(...cells)).length
  }

  routing(at, { row, column }) {
    const gradient = num(this.gradient[at])
    const others = this.window > 1 ? ` The other ${this.window ** 2 - 1} get 0.` : ""
    return `All of the gradient, ${gradient} for the logit of ${this.digit}, goes to it (${this.source}, row ${row}, column ${column}).${others}`
  }

  look({ row, column }) {
    const [top, bottom] = this.pixels(row, row)
    const [left, right] = this.pixels(column, column)
    return `On the digit it looks at rows ${top} to ${bottom}, columns ${left} to ${right}.`
  }
}
