// Values and colors: packed pixels (one uint32, red in the lowest byte), their tables, and the theme.

import { SCALES } from "cnnviz/colors.py"

export function themeOf(element) {
  const host = element.host ?? element
  const paper = getComputedStyle(host).getPropertyValue("--st-background-color").trim() || "#ffffff"
  return luminance(channels(paper)) < 127.5 ? "dark" : "light"
}

function luminance([red, green, blue]) {
  return 0.299 * red + 0.587 * green + 0.114 * blue
}

export function channels(color) {
  const hex = color.match(/^#([0-9a-f]{6})/i)
  if (hex) return [0, 2, 4].map((at) => parseInt(hex[1].slice(at, at + 2), 16))
  const numbers = color.match(/[\d.]+/g)
  return numbers ? numbers.slice(0, 3).map(Number) : [255, 255, 255]
}

export function packed([red, green, blue]) {
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0
}

export function unpacked(pixel) {
  return [pixel & 255, (pixel >> 8) & 255, (pixel >> 16) & 255]
}

export function cssColor(pixel) {
  return `rgb(${unpacked(pixel).join(", ")})`
}

export function mixed(color, paper, share) {
  return color.map((value, channel) => Math.round(value * share + paper[channel] * (1 - share)))
}

// The color of text that is read on [red, green, blue].
export function inkOn(color) {
  return luminance(color) > 140 ? "#171614" : "#ffffff"
}

// 513 packed pixels from -limit to +limit; index 256 is exactly zero's color.
const TABLE_HALF = 256
const tables = {}

export function colorTable(scale, theme) {
  const key = scale + theme
  if (tables[key]) return tables[key]
  const stops = SCALES[scale][theme].map(channels)
  const table = Uint32Array.from({ length: 2 * TABLE_HALF + 1 }, (_, index) => {
    const position = (index / (2 * TABLE_HALF)) * (stops.length - 1)
    const below = Math.min(Math.floor(position), stops.length - 2)
    return packed(stops[below].map((value, channel) =>
      Math.round(value + (stops[below + 1][channel] - value) * (position - below))))
  })
  return (tables[key] = table)
}

export function colorIndex(value, limit) {
  const share = limit > 0 ? value / limit : 0
  return TABLE_HALF + Math.round(TABLE_HALF * Math.max(-1, Math.min(1, share)))
}

// A bar from the color of `low` to that of `high`, as a CSS background.
export function gradient([low, high], limit, scale, theme, pieces = 8) {
  const table = colorTable(scale, theme)
  const stops = Array.from({ length: pieces + 1 }, (_, at) =>
    cssColor(table[colorIndex(low + ((high - low) * at) / pieces, limit)]))
  return `linear-gradient(to right, ${stops.join(", ")})`
}
