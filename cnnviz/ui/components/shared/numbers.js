// Numbers as people read them: three significant digits, a true minus sign.

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

export function clamp(value, count) {
  return Math.max(0, Math.min(count - 1, value))
}
