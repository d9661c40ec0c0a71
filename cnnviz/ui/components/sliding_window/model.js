// What the sliding picture knows: places, windows, and the products in them. Nothing here draws.

const NOTHING = -1 // the source of a padded zero

export class Slide {
  constructor(content) {
    Object.assign(this, content)
    for (const [name, { values }] of Object.entries(content.arrays)) this[name] = values
    ;[this.channels, this.height, this.width] = content.arrays.image.shape
    ;[this.paddedHeight, this.paddedWidth] = [this.rows.length, this.columns.length]
    ;[this.down, this.across] = content.window
    ;[this.outRows, this.outColumns] = content.arrays.total?.shape ?? [0, 0]
    this.places = this.outRows * this.outColumns
    this.reach = [this.down, this.across].map((side) => this.dilation * (side - 1) + 1)
  }

  // What the visitor typed into a cell that is not read yet; null for one left as it was.
  typedAt(channel, cell) {
    return this.typed?.[channel]?.[Math.floor(cell / this.across)]?.[cell % this.across] ?? null
  }

  placeOf(index) {
    return { row: Math.floor(index / this.outColumns), column: index % this.outColumns }
  }

  indexOf({ row, column }) {
    return row * this.outColumns + column
  }

  // The padded image's value; null for a cell that is only a border's zero.
  valueAt(channel, row, column) {
    const [from, to] = [this.rows[row], this.columns[column]]
    if (from === NOTHING || to === NOTHING) return null
    return this.image[(channel * this.height + from) * this.width + to]
  }

  isBorder(row, column) {
    const { padding, height, width } = this
    return row < padding || column < padding || row >= padding + height || column >= padding + width
  }

  // The padded image of one channel, row by row.
  padded(channel) {
    const values = new Float32Array(this.paddedHeight * this.paddedWidth)
    for (let row = 0, at = 0; row < this.paddedHeight; row++) {
      for (let column = 0; column < this.paddedWidth; column++) values[at++] = this.valueAt(channel, row, column) ?? 0
    }
    return values
  }

  // The window of a place, on the padded image: [column, row, width, height].
  windowBox({ row, column }) {
    return [column * this.stride, row * this.stride, this.reach[1], this.reach[0]]
  }

  // The place whose window has this padded cell nearest to its middle.
  placeAt(row, column) {
    const nearest = (cell, reach, most) =>
      Math.max(0, Math.min(most - 1, Math.round((cell - (reach - 1) / 2) / this.stride)))
    return {
      row: nearest(row, this.reach[0], this.outRows),
      column: nearest(column, this.reach[1], this.outColumns),
    }
  }

  // The window's cells on one channel, row by row; with weights and products where there are any.
  terms(channel, place) {
    const found = []
    for (let u = 0; u < this.down; u++) {
      for (let v = 0; v < this.across; v++) {
        const row = place.row * this.stride + u * this.dilation
        const column = place.column * this.stride + v * this.dilation
        const value = this.valueAt(channel, row, column) ?? 0
        const weight = this.kernel ? this.kernel[(channel * this.down + u) * this.across + v] : 1
        found.push({ u, v, row, column, value, weight, product: value * weight })
      }
    }
    return found
  }

  totalAt(place) {
    return this.total[this.indexOf(place)]
  }

  partialAt(channel, place) {
    return this.partial[channel * this.places + this.indexOf(place)]
  }

  winnerAt(place) {
    const cell = this.winners[this.indexOf(place)]
    return { row: Math.floor(cell / this.width), column: cell % this.width }
  }

  // The first place, in reading order, that is nearly as strong as the strongest.
  start() {
    const most = this.total.reduce((found, value) => Math.max(found, Math.abs(value)), 0)
    return this.placeOf(this.total.findIndex((value) => Math.abs(value) >= 0.75 * most))
  }
}
