// The browser's end of the transport: what pack() sent, and choices on their way back.

// One header and typed arrays over the same memory, nothing copied.
export function unpack(data) {
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

// Sends choices one at a time: the next waits for Python's echo of the last, and only the newest
// of those that waited is sent. Two at once would race: the page's address could keep the older.
const ECHO_PATIENCE = 2000 // ms after which an echo is not waited for any longer

export class MessageQueue {
  constructor(post) {
    this.post = post
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
