// Keeps the record of progress in this browser: merges what it kept with what Python knows.
//
// A record is {epoch, right: {name: [right answers, answers]}}. The higher epoch wins, because
// starting over begins a new one; within an epoch the larger counts win, in whatever order they come.

const PLACE = "cnnviz.progress"

export default function ({ data, setStateValue }) {
  const kept = merged(read(), data)
  write(kept)
  if (JSON.stringify(kept) !== JSON.stringify(merged(data, data))) setStateValue("kept", kept)
}

function merged(one, other) {
  if (one.epoch !== other.epoch) {
    const newer = one.epoch > other.epoch ? one : other
    return merged(newer, newer) // its names in order, so that equal records look equal
  }
  const right = {}
  for (const name of [...new Set([...Object.keys(one.right), ...Object.keys(other.right)])].sort()) {
    const [a, b] = [one.right[name] ?? [0, 0], other.right[name] ?? [0, 0]]
    right[name] = a.map((count, at) => Math.max(count, b[at]))
  }
  return { epoch: one.epoch, right }
}

// A browser that keeps nothing (private windows may refuse) begins anew with each visit.
function read() {
  try {
    const { epoch, right } = JSON.parse(localStorage.getItem(PLACE))
    if (Number.isInteger(epoch) && Object.values(right).every((counts) => counts.length === 2)) {
      return { epoch, right }
    }
  } catch {}
  return { epoch: 0, right: {} }
}

function write(record) {
  try {
    localStorage.setItem(PLACE, JSON.stringify(record))
  } catch {}
}
