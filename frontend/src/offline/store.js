// What an offline page keeps on this computer, so that a crash or a reload loses nothing: IndexedDB, whose writes are on the disk when
// they are said done; localStorage where a browser refuses it on `file://`; memory as the last resort, which the page must say.
// Rows are kept by set (a crisis, a site); `add` refuses a key that is taken, even by another tab, and that is what keeps a chain whole.

const KINDS = { lines: ["set", "device", "n"], others: ["set", "content"], values: ["set", "name"], updates: ["set", "id"] };

export class Taken extends Error {}

const keyOf = (kind, row) => KINDS[kind].map((name) => row[name]);

const SUBSTITUTE =
  "La mémoire de ce navigateur ne s'est pas ouverte. Ce qui a été écrit avant n'est pas effacé : fermez toutes ses fenêtres, puis rouvrez cette page. En attendant, enregistrez souvent dans un fichier.";
const NOTHING = "Ce navigateur ne garde rien sur cet ordinateur : enregistrez dans un fichier après chaque ajout.";

// Each is an object with `durable`, `shared` (tabs see one another's rows at once), `warning` (to be shown), `add`, `put`, `remove`
// and `all`.
export async function openStore(name) {
  try {
    return await openDatabase(name);
  } catch {
    try {
      return openLocal(name);
    } catch {
      return rowsIn(new Map(), { durable: false, shared: false, warning: NOTHING });
    }
  }
}

function openDatabase(name) {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(name, 1);
    asked.onupgradeneeded = () => {
      for (const [kind, keyPath] of Object.entries(KINDS)) asked.result.createObjectStore(kind, { keyPath });
    };
    asked.onerror = () => reject(asked.error);
    asked.onblocked = () => reject(new Error("blocked"));
    asked.onsuccess = () => resolve(inDatabase(asked.result));
  });
}

function inDatabase(database) {
  const write = (kind, act) =>
    new Promise((resolve, reject) => {
      const transaction = database.transaction(kind, "readwrite", { durability: "strict" });
      transaction.oncomplete = () => resolve();
      transaction.onabort = () =>
        reject(transaction.error?.name === "ConstraintError" ? new Taken() : (transaction.error ?? new Error("aborted")));
      act(transaction.objectStore(kind));
    });
  return {
    durable: true,
    shared: true,
    warning: "",
    add: (kind, row) => write(kind, (rows) => rows.add(row)),
    put: (kind, row) => write(kind, (rows) => rows.put(row)),
    remove: (kind, row) => write(kind, (rows) => rows.delete(keyOf(kind, row))),
    all: (kind, set) =>
      new Promise((resolve, reject) => {
        const range = IDBKeyRange.bound([set], [set, []]); // an array comes after every text
        const asked = database.transaction(kind).objectStore(kind).getAll(range);
        asked.onsuccess = () => resolve(asked.result);
        asked.onerror = () => reject(asked.error);
      }),
  };
}

function openLocal(name) {
  const probe = `${name}:probe`;
  localStorage.setItem(probe, "1");
  localStorage.removeItem(probe);
  const prefix = `${name}:`;
  const rows = {
    get: (key) => JSON.parse(localStorage.getItem(prefix + key) ?? "null") ?? undefined,
    set: (key, row) => localStorage.setItem(prefix + key, JSON.stringify(row)),
    delete: (key) => localStorage.removeItem(prefix + key),
    has: (key) => localStorage.getItem(prefix + key) !== null,
    *entries() {
      for (const key of Object.keys(localStorage)) {
        if (key.startsWith(prefix)) yield [key.slice(prefix.length), JSON.parse(localStorage.getItem(key))];
      }
    },
  };
  return rowsIn(rows, { durable: true, shared: false, warning: SUBSTITUTE });
}

function rowsIn(rows, about) {
  const name = (kind, row) => JSON.stringify([kind, ...keyOf(kind, row)]);
  return {
    ...about,
    async add(kind, row) {
      if (rows.has(name(kind, row))) throw new Taken();
      rows.set(name(kind, row), row);
    },
    put: async (kind, row) => rows.set(name(kind, row), row),
    remove: async (kind, row) => rows.delete(name(kind, row)),
    all: async (kind, set) =>
      [...rows.entries()].filter(([key]) => key.startsWith(JSON.stringify([kind, set]).slice(0, -1) + ",")).map(([, row]) => row),
  };
}
