// The browser's end of pack(): one header and typed arrays over the same memory, nothing copied.

function unpack(data) {
  const bytes = data instanceof Uint8Array ? data : new Uint8Array(data)
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice()
  const view = new DataView(aligned.buffer, aligned.byteOffset)
  const length = view.getUint32(0, true)
  const header = JSON.parse(new TextDecoder().decode(aligned.subarray(4, 4 + length)))
  const kinds = { float32: Float32Array, int32: Int32Array, uint8: Uint8Array }
  const arrays = {}
  for (const [name, { type, shape, offset }] of Object.entries(header.arrays)) {
    const size = shape.reduce((product, side) => product * side, 1)
    const values = new kinds[type](aligned.buffer, aligned.byteOffset + 4 + length + offset, size)
    arrays[name] = { shape, values }
  }
  return { ...header, arrays }
}

// ---- colours ----

function themeOf(element) {
  const host = element.host ?? element
  const paper = getComputedStyle(host).getPropertyValue("--st-background-color").trim() || "#ffffff"
  return luminance(paper) < 0.5 ? "dark" : "light"
}

function luminance(colour) {
  const [red, green, blue] = channels(colour)
  return (0.299 * red + 0.587 * green + 0.114 * blue) / 255
}

function channels(colour) {
  const hex = colour.match(/^#([0-9a-f]{6})/i)
  if (hex) return [0, 2, 4].map((at) => parseInt(hex[1].slice(at, at + 2), 16))
  const numbers = colour.match(/[\d.]+/g)
  return numbers ? numbers.slice(0, 3).map(Number) : [255, 255, 255]
}

// 513 packed pixels from -limit to +limit; index 256 is exactly zero's colour.
const TABLE_HALF = 256
const tables = {}

function colourTable(scale, theme) {
  const key = scale + theme
  if (tables[key]) return tables[key]
  const stops = SCALES[scale][theme].map(channels)
  const table = new Uint32Array(2 * TABLE_HALF + 1)
  for (let index = 0; index < table.length; index++) {
    const position = (index / (table.length - 1)) * (stops.length - 1)
    const below = Math.min(Math.floor(position), stops.length - 2)
    const [red, green, blue] = stops[below].map((value, channel) =>
      Math.round(value + (stops[below + 1][channel] - value) * (position - below)))
    table[index] = (255 << 24) | (blue << 16) | (green << 8) | red
  }
  return (tables[key] = table)
}

function colourIndex(value, limit) {
  const share = limit > 0 ? value / limit : 0
  return TABLE_HALF + Math.round(TABLE_HALF * Math.max(-1, Math.min(1, share)))
}

// Numbers as people read them: three significant digits, a true minus sign.
function formatNumber(value, digits = 3) {
  if (!Number.isFinite(value)) return String(value)
  const size = Math.abs(value)
  const text = size !== 0 && (size < 1e-3 || size >= 1e5)
    ? value.toExponential(digits - 1)
    : value.toFixed(Math.max(0, digits - 1 - Math.floor(Math.log10(Math.max(size, 0.1)))))
  return text.replace("-", "−")
}

// Sends choices one at a time: the next waits for Python's echo of the last, and only the newest
// of those that waited is sent. Two at once would race: the page's address could keep the older.
const ECHO_PATIENCE = 2000 // ms after which an echo is not waited for any longer

class Courier {
  constructor() {
    this.waiting = null // a choice not sent yet
    this.sentTurn = -1
    this.sentAt = -Infinity
    this.echoed = -1
  }

  send(choice) {
    this.waiting = choice
    this.deliver()
  }

  echo(turn) {
    this.echoed = Math.max(this.echoed, turn)
    this.deliver()
  }

  deliver() {
    clearTimeout(this.timer)
    if (!this.waiting) return
    const patience = this.sentAt + ECHO_PATIENCE - performance.now()
    if (this.echoed < this.sentTurn && patience > 0) {
      this.timer = setTimeout(() => this.deliver(), patience)
      return
    }
    const choice = this.waiting
    this.waiting = null
    this.sentTurn = choice.turn
    this.sentAt = performance.now()
    this.post(choice)
  }
}
