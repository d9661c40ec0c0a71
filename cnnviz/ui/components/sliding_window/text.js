// The arithmetic of the sliding picture, written out term by term.

import { formatNumber } from "../shared/numbers.js"

// Whole numbers as they are, others with three digits; a true minus sign.
export function plain(value) {
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return String(value).replace("-", "−")
  return formatNumber(value)
}

export function element(tag, name, text = "") {
  const made = document.createElement(tag)
  made.className = name
  made.textContent = text
  return made
}

// What stands under the picture for one place: a list of elements.
export function writtenOut(slide, place) {
  if (slide.rule === "max") return [maximumLine(slide, place)]
  if (slide.rule === "mean") return [meanLine(slide, place)]
  const lines = []
  for (let channel = 0; channel < slide.channels; channel++) lines.push(productsLine(slide, channel, place))
  lines.push(sumLine(slide, place))
  return lines
}

function productsLine(slide, channel, place) {
  const line = element("div", "line")
  if (slide.channels > 1) line.append(element("b", "", slide.names[channel]))
  slide.terms(channel, place).forEach(({ row, column, value, weight, product }, at) => {
    if (at) line.append(element("span", "plus", "+"))
    const sign = product > 0 ? "positive" : product < 0 ? "negative" : "zero"
    const chip = element("span", `term ${sign}`, `${plain(value)} × ${bracketed(weight)}`)
    if (slide.isBorder(row, column)) chip.classList.add("border")
    chip.title = `= ${plain(product)}${slide.isBorder(row, column) ? ", beyond the edge" : ""}`
    line.append(chip)
  })
  if (slide.channels > 1) line.append(element("b", "result", `= ${plain(slide.partialAt(channel, place))}`))
  return line
}

function bracketed(value) {
  return value < 0 ? `(${plain(value)})` : plain(value)
}

function sumLine(slide, place) {
  const line = element("div", "line total")
  const parts = Array.from({ length: slide.channels }, (_, channel) => slide.partialAt(channel, place))
  const total = plain(slide.totalAt(place))
  const sum = slide.channels > 1 ? parts.map(bracketed).join(" + ") : `sum ${plain(parts[0])}`
  line.append(`${sum} + bias ${bracketed(slide.bias)} `, element("b", "result", `= ${total}`))
  return line
}

function maximumLine(slide, place) {
  const winner = slide.winnerAt(place)
  const line = element("div", "line total", "max(")
  slide.terms(0, place).forEach(({ row, column, value }, at) => {
    if (at) line.append(", ")
    const won = row === winner.row && column === winner.column
    line.append(element(won ? "b" : "span", "", plain(value)))
  })
  const where = `, the cell in row ${winner.row}, column ${winner.column}`
  line.append(") ", element("b", "result", `= ${plain(slide.totalAt(place))}`), where)
  return line
}

function meanLine(slide, place) {
  const values = slide.terms(0, place).map(({ value }) => bracketed(value))
  const line = element("div", "line total", `(${values.join(" + ")}) / ${values.length} `)
  line.append(element("b", "result", `= ${plain(slide.totalAt(place))}`))
  return line
}
