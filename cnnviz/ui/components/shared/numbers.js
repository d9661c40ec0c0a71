// Numbers as people read them: three significant digits, a true minus sign; percentages.

export function formatNumber(value, digits = 3) {
  if (!Number.isFinite(value)) return String(value)
  const size = Math.abs(value)
  const text = size !== 0 && (size < 1e-3 || size >= 1e5)
    ? value.toExponential(digits - 1)
    : value.toFixed(Math.max(0, digits - 1 - Math.floor(Math.log10(Math.max(size, 0.1)))))
  return text.replace("-", "−")
}

// Zero without decimals.
export function num(value, digits = 3) {
  return value === 0 ? "0" : formatNumber(value, digits)
}

// A percentage with one decimal, as cnnviz/numbers.py writes it: no network can know that it is 100%.
export function probabilityText(value) {
  if (value >= 0.9995) return "over 99.9%"
  if (value > 0 && value < 0.0005) return "under 0.1%"
  return `${(100 * value).toFixed(1)}%`
}

// The same where there is little room.
export function shortProbabilityText(value) {
  return probabilityText(value).replace("over ", ">").replace("under ", "<")
}

export function clamp(value, count) {
  return Math.max(0, Math.min(count - 1, value))
}
