// Pieces of the written arithmetic: grids of numbers, ledgers, formula lines, small pictures.
// Each returns HTML; all text comes from layer names and numbers, never from a user.

function short(value) {
  if (value === 0) return "0"
  const text = Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(Math.abs(value) >= 10 ? 1 : 2)
  return text.replace("-", /[1-9]/.test(text) ? "−" : "")
}

function num(value, digits = 3) {
  return value === 0 ? "0" : formatNumber(value, digits)
}

function signed(value) {
  return (value > 0 ? "+" : "") + num(value)
}

// A negative number inside a formula stands in brackets.
function within(value) {
  return value < 0 ? `(${num(value)})` : num(value)
}

// "0.3 + 1.2", "0.3 − 1.2"
function plus(value) {
  return `${value < 0 ? "−" : "+"} ${num(Math.abs(value))}`
}

// ---- grids of numbers ----

// terms: [{value, padded, marked}], `columns` a row; colour: value -> {background, ink}.
function numberGrid(terms, columns, colour) {
  const cells = terms.map(({ value, padded, marked }) => {
    const { background, ink } = colour(value)
    const paint = padded ? "" : ` style="background:${background};color:${ink}"`
    const classes = [padded ? "padded" : "", marked ? "marked" : ""].join(" ")
    return `<span class="${classes}"${paint} title="${padded ? "padding, counts as 0" : value}">${short(value)}</span>`
  })
  return `<div class="grid size${columns}" style="--columns:${columns}">${cells.join("")}</div>`
}

// Kernels too wide for two grids: each cell holds the input above and its weight below.
function pairGrid(terms, columns, colours) {
  const cells = terms.map(({ input, weight, padded }) => {
    const [above, below] = [colours.input(input), colours.weight(weight)]
    const paint = ({ background, ink }) => `style="background:${background};color:${ink}"`
    return `<span title="${input} × ${weight}"><i class="${padded ? "padded" : ""}" ${padded ? "" : paint(above)}>${short(input)}</i>` +
      `<i ${paint(below)}>${short(weight)}</i></span>`
  })
  return `<div class="grid pairs" style="--columns:${columns}">${cells.join("")}</div>`
}

function digitColour(value) {
  const grey = Math.round(255 * value)
  return { background: `rgb(${grey}, ${grey}, ${grey})`, ink: grey > 140 ? "#000000" : "#ffffff" }
}

function titled(title, html, foot = "") {
  return `<figure><figcaption>${title}</figcaption>${html}${foot ? `<p class="foot">${foot}</p>` : ""}</figure>`
}

function operator(sign) {
  return `<b class="operator">${sign}</b>`
}

// ---- small pictures: a canvas of one pixel a cell, boxes over it in shares of its side ----

function mapFigure(layer, channel, { title, field, dot = null, padding = [0, 0], hide = null, foot = "" }) {
  const [down, across] = padding
  const [rows, columns] = [layer.rows + 2 * down, layer.columns + 2 * across]
  const share = (top, left, height, width) =>
    `top:${(100 * (top + down)) / rows}%;left:${(100 * (left + across)) / columns}%;` +
    `height:${(100 * height) / rows}%;width:${(100 * width) / columns}%`
  const boxes = [`<canvas width="${layer.columns}" height="${layer.rows}" style="${share(0, 0, layer.rows, layer.columns)}"></canvas>`]
  if (hide) {
    boxes.push(`<i class="later" style="${share(hide.row, hide.column + 1, 1, layer.columns - hide.column - 1)}"></i>`)
    boxes.push(`<i class="later" style="${share(hide.row + 1, 0, layer.rows - hide.row - 1, layer.columns)}"></i>`)
  }
  if (field) boxes.push(`<i class="box" style="${share(field.top, field.left, ...fieldSize(field))}"></i>`)
  if (dot) boxes.push(`<i class="dot" style="${share(dot.row, dot.column, 1, 1)}"></i>`)
  const ratio = `aspect-ratio:${columns}/${rows}`
  const picture = `<div class="map${down || across ? " hatched" : ""}" style="${ratio}" data-map="${layer.index},${channel}">${boxes.join("")}</div>`
  return titled(title, picture, foot)
}

// All values of a layer in one small picture: its maps side by side, or its units in a square.
function mosaicFigure(layer, title, kind, foot = "") {
  const { width, height } = mosaicShape(layer)
  return titled(title,
    `<div class="map mosaic" style="aspect-ratio:${width}/${height}"><canvas width="${width}" height="${height}" data-mosaic="${kind}"></canvas></div>`,
    foot)
}

function mosaicShape(layer) {
  const across = layer.flat
    ? Math.ceil(Math.sqrt(layer.channels))
    : Math.ceil(Math.sqrt((layer.channels * layer.rows) / layer.columns))
  const down = Math.ceil(layer.channels / across)
  const gap = layer.flat || layer.channels === 1 ? 0 : 1
  return {
    across, down, gap,
    width: across * (layer.columns + gap) - gap, height: down * (layer.rows + gap) - gap,
  }
}

function paintMosaic(canvas, layer, values, limit, table) {
  const { across, gap, width, height } = mosaicShape(layer)
  const brush = canvas.getContext("2d")
  const image = brush.createImageData(width, height)
  const pixels = new Uint32Array(image.data.buffer)
  for (let at = 0; at < values.length; at++) {
    const { channel, row, column } = cellAtPlace(layer, at)
    const y = Math.floor(channel / across) * (layer.rows + gap) + row
    const x = (channel % across) * (layer.columns + gap) + column
    pixels[y * width + x] = table[colourIndex(values[at], limit)]
  }
  brush.putImageData(image, 0, 0)
}

// ---- ledgers ----

// rows: [{name, amount, cell?, kind?}]; named terms have bars on one scale, the rest and the total
// have none (thousands of small terms would dwarf them); `cell` makes a row a way back.
function ledgerRows(rows) {
  const named = rows.filter(({ kind }) => !kind)
  const largest = Math.max(...named.map(({ amount }) => Math.abs(amount)), 1e-30)
  return rows.map(({ name, amount, cell, channel, kind = "" }) => {
    const share = (50 * Math.abs(amount)) / largest
    const side = amount < 0 ? `right:50%;width:${share}%` : `left:50%;width:${share}%`
    const bar = kind ? "" : `<i class="${amount < 0 ? "minus" : "plus"}" style="${side}"></i>`
    const body = `<span class="name">${name}</span><span class="track">${bar}</span><span class="amount" title="${amount}">${kind === "total" ? num(amount) : signed(amount)}</span>`
    if (!cell) return `<div class="term ${kind}">${body}</div>`
    return `<button type="button" class="term ${kind}" data-cell="${cellText(cell)}" data-channel="${channel ?? ""}">${body}</button>`
  }).join("")
}

function cellText({ layer, channel, row, column }) {
  return [layer, channel, row, column].join(",")
}

function cellFrom(text) {
  return makeCell(...text.split(",").map(Number))
}

// ---- formula lines: what the layers of the same stage do with the number ----

function stepLine(model, cell) {
  const layer = model.layers[cell.layer]
  const term = explain(model, cell)
  const texts = {
    BatchNorm2d: () => `(${num(term.input)} ${plus(-term.mean)}) ÷ √(${num(term.variance)} + ${term.eps}) × ${within(term.scale)} ${plus(term.shift)}`,
    LayerNorm: () => `(${num(term.input)} ${plus(-term.mean)}) ÷ √(${num(term.variance)} + ${term.eps}) × ${within(term.scale)} ${plus(term.shift)}`,
    Residual: () => `${num(term.input)} ${plus(term.added)}`,
    PositionEmbedding: () => `${num(term.input)} ${plus(term.added)}`,
    TransformerBlock: () => `${num(term.input)} ${plus(term.added)}`,
    ReLU: () => `max(0, ${num(term.input)})`,
    Tanh: () => `tanh(${num(term.input)})`,
    Normalize: () => `(${num(term.input)} − ${layer.mean}) ÷ ${layer.std}`,
    Dropout: () => `${num(term.input)}, passed on: it drops ${Math.round(100 * layer.share)}% of the numbers only in training`,
    Flatten: () => `${num(term.input)}, copied from ${cellName(model, term.origin)}`,
  }
  const names = { BatchNorm2d: "batch norm", ReLU: "ReLU", Tanh: "tanh", Normalize: "normalize",
    LayerNorm: "layer norm", Residual: "skip: x + F(x)", Places: "its place", Attention: "x + heard and thought" }
  const kind = names[layer.kind] ? ` <small>${names[layer.kind]}</small>` : ""
  return `<div class="line" data-cell="${cellText(cell)}"><b>${layer.name}</b>${kind}<span>${texts[layer.kind]()} = <strong>${num(term.result)}</strong></span></div>`
}
