// The journal of one crisis on this computer: its device, its lines, those of others; adds a line without ever forking the chain.
import { canonical, randomHex } from "./bytes.js";
import { merge, newLine } from "./journal-lines.js";
import { openStore, Taken } from "./store.js";

export async function openJournal(seed) {
  const store = await openStore("beffroi-journal");
  const set = seed.crisis;
  const device = await deviceOf(store, set);
  const bare = ({ set: _, ...line }) => line;
  const mine = async () => (await store.all("lines", set)).map(bare);
  const everything = async () => [...(seed.lines ?? []), ...(await mine()), ...(await store.all("others", set)).map((row) => row.line)];

  return {
    device,
    durable: store.durable,
    warning: store.warning,
    read: async () => merge(await everything()),

    // Two tabs that write at once want the same number: the second is refused by the store, and takes the next one.
    async write(fields) {
      for (;;) {
        const own = (await everything()).filter((line) => line.device === device);
        const before = own.reduce((last, line) => (!last || line.n > last.n ? line : last), null);
        const line = await newLine(before, { ...fields, device });
        try {
          await store.add("lines", { set, ...line });
          return line;
        } catch (error) {
          if (!(error instanceof Taken)) throw error;
        }
      }
    },

    // How many of these were not there yet. Two contents of one line are both kept.
    async take(lines) {
      const known = new Set((await everything()).map(canonical));
      const fresh = lines.filter((line) => !known.has(canonical(line)));
      for (const line of fresh) await store.put("others", { set, content: canonical(line), line });
      return fresh.length;
    },

    async value(name) {
      return (await store.all("values", set)).find((row) => row.name === name)?.value;
    },
    keep: (name, value) => store.put("values", { set, name, value }),
  };
}

// One a browser, made at the first opening; one a tab where tabs cannot see one another's writes.
async function deviceOf(store, set) {
  const fresh = randomHex(4);
  if (!store.shared) return fresh;
  try {
    await store.add("values", { set, name: "device", value: fresh });
    return fresh;
  } catch (error) {
    if (!(error instanceof Taken)) throw error;
    return (await store.all("values", set)).find((row) => row.name === "device").value;
  }
}
