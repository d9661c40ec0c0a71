// The time machine: a slider over the moments of a training, and a film that plays them.
//
// Mounted twice. The first is the slider; the second, invisible, is drawn after everything else on
// the page and says which choice the page now shows: only then does the film go on. So it plays as
// fast as the page can draw, and never faster.

import { component } from "../shared/component.js"
import { MessageQueue } from "../shared/transport.js"

const PACE = 280 // ms a moment lasts at least
const PATIENCE = 30000 // ms after which the film goes on without the page's answer

const playback = { playing: false, sentTurn: -1, sentAt: 0, timer: null } // outlives a change of page
let current = null

class TimeMachine {
  constructor(parent) {
    for (const name of ["machine", "curve", "now", "play", "final", "when", "worth"]) {
      this[name] = parent.querySelector("." + name)
    }
    this.slider = parent.querySelector("input")
    this.queue = new MessageQueue((choice) => this.setState("selected", choice))
    this.turn = -1 // counts the user's choices; Python's echo of an older one is ignored
    this.play.onclick = () => (playback.playing ? this.stop() : this.start())
    this.final.onclick = () => {
      playback.playing = false
      this.choose(this.last)
    }
    this.slider.oninput = () => {
      playback.playing = false
      this.choose(Number(this.slider.value))
    }
  }

  close() {
    if (current === this) current = null
  }

  show(content) {
    if (content.drawn !== undefined) return pageDrawn(content.drawn)
    current = this
    this.machine.hidden = false // the other mount stays hidden, also from keys and screen readers
    this.content = content
    this.last = content.when.length - 1
    this.slider.max = this.last
    if (content.turn >= this.turn) {
      const moved = this.turn === content.turn && this.selected !== content.selected
      if (moved || content.selected === this.last) playback.playing = false // another hand took it
      this.turn = content.turn
      this.selected = content.selected
    }
    this.drawCurve()
    this.tell()
    this.queue.echo(content.turn)
  }

  choose(index) {
    this.selected = index
    this.turn++
    this.queue.send({ turn: this.turn, tile: index, playing: playback.playing })
    this.tell()
  }

  // ---- playing ----

  start() {
    playback.playing = true
    this.step(this.selected >= this.last ? 0 : this.selected + 1)
  }

  stop() {
    playback.playing = false
    this.choose(this.selected)
  }

  step(index) {
    if (index >= this.last) playback.playing = false
    this.choose(index)
    playback.sentTurn = this.turn
    playback.sentAt = performance.now()
    proceedIn(PATIENCE)
  }

  // ---- pictures and words ----

  // The share of wrong answers, on a scale of powers of ten, so that late progress shows.
  drawCurve() {
    const errors = this.content.errors.map((error) => (error === null ? null : Math.log10(Math.max(error, 1e-4))))
    const known = errors.filter((error) => error !== null)
    const [low, high] = [Math.min(...known), Math.max(...known)]
    const svg = this.curve.parentNode
    svg.setAttribute("viewBox", `0 0 ${this.last} 1`)
    const points = errors.flatMap((error, index) =>
      error === null ? [] : [`${index},${(high - error) / Math.max(high - low, 1e-9)}`])
    this.curve.setAttribute("points", points.join(" "))
  }

  tell() {
    const { when, worth } = this.content
    this.slider.value = this.selected
    this.slider.setAttribute("aria-valuetext", `${when[this.selected]}, ${worth[this.selected]}`)
    for (const end of ["x1", "x2"]) this.now.setAttribute(end, this.selected)
    this.now.setAttribute("y1", 0)
    this.now.setAttribute("y2", 1)
    this.machine.classList.toggle("playing", playback.playing)
    this.play.setAttribute("aria-label", playback.playing ? "Stop" : "Play the training")
    this.final.setAttribute("aria-label", "Back to the end of the training")
    this.final.disabled = this.selected === this.last
    this.when.textContent = when[this.selected]
    this.worth.textContent = worth[this.selected]
    this.machine.dataset.selected = this.selected
  }
}

function pageDrawn(turn) {
  if (!playback.playing || turn < playback.sentTurn) return
  proceedIn(Math.max(0, playback.sentAt + PACE - performance.now()))
}

function proceedIn(milliseconds) {
  clearTimeout(playback.timer)
  playback.timer = setTimeout(() => {
    if (playback.playing && current) current.step(current.selected + 1)
  }, milliseconds)
}

export default component(TimeMachine, (content) => content)
