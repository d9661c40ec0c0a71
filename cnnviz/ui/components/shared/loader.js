// The entry that Streamlit imports. It gets a component as text, and a text has no address that a
// relative import could start from; so each file becomes a blob with an address of its own, and what
// its imports name is replaced by these addresses.
// loader.py puts in front:   const MODULES = {name: text, ...}   what a file imports stands before it

const addresses = {}
for (const [name, text] of Object.entries(MODULES)) {
  const linked = text.replace(/^(import [^"]*")([^"]+)/gm, (_, start, from) => start + addresses[from])
  const source = `${linked}\n//# sourceURL=cnnviz/${name}`
  addresses[name] = URL.createObjectURL(new Blob([source], { type: "text/javascript" }))
}

export const main = import(Object.values(addresses).at(-1))

// Awaited here and not at the top: Safari runs two importers of a module that waits too early.
export default async (component) => (await main).default(component)
