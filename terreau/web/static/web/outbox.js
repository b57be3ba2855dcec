// What was noted without network, kept on the phone until the server has answered for each entry.
// An entry is written here first, whatever the network; its key makes it one fact, however often it is sent.

const AT_ONCE = 50, CHARACTERS = 3_000_000;
const SOON = 5_000, LATER = 300_000, PATIENCE = 60_000;

const done = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

const coded = (blob) => new Promise((resolve, reject) => {
  const reader = new FileReader();
  reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
  reader.onerror = () => reject(reader.error);
  reader.readAsDataURL(blob);
});

const token = () => document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? "";

export class Outbox extends EventTarget {
  /** Where the network stands: "", "offline", "server" or "signed-out". */
  trouble = "";
  #delay = SOON;
  #timer = 0;

  constructor(name, url) {
    super();
    this.name = name;
    this.url = url;
  }

  async #store(mode) {
    if (!this.db) {
      const opening = indexedDB.open(this.name, 1);
      opening.onupgradeneeded = () => opening.result.createObjectStore("entries", { keyPath: "n", autoIncrement: true });
      this.db = await done(opening);
    }
    return this.db.transaction("entries", mode, { durability: "strict" }).objectStore("entries");
  }

  /** Every entry, in the order in which it was noted. */
  async all() {
    return done((await this.#store("readonly")).getAll());
  }

  async add(entry) {
    const key = crypto.randomUUID();
    await done((await this.#store("readwrite")).add({ ...entry, key, state: "waiting", message: "" }));
    this.#changed();
    this.flush();
  }

  /** The same entry said otherwise: it keeps its place and its key, for nothing was written of it. */
  async correct(n, entry) {
    const former = await this.#alone(async () => {
      const row = await done((await this.#store("readonly")).get(n));
      if (row) await done((await this.#store("readwrite")).put({ ...row, ...entry, state: "waiting", message: "" }));
      return row;
    });
    if (!former) return this.add(entry);
    this.#changed();
    return void this.flush();
  }

  /** Whether it was still there to be taken back. */
  async discard(n) {
    const there = await this.#alone(async () => {
      const row = await done((await this.#store("readonly")).get(n));
      if (row) await done((await this.#store("readwrite")).delete(n));
      return Boolean(row);
    });
    this.#changed();
    return there;
  }

  /** One tab sends at a time, and nothing is taken from the queue while it is being sent. */
  #alone(gesture, options = {}) {
    return navigator.locks.request(`${this.name}-envoi`, options, gesture);
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }

  async flush() {
    clearTimeout(this.#timer);
    let busy = false;
    await this.#alone(async (lock) => {
      busy = !lock;
      if (busy) return;
      let trouble = "", more = true;
      while (more && !trouble) [trouble, more] = await this.#sendSome();
      this.trouble = trouble;
      if (!trouble) this.#delay = SOON;
    }, { ifAvailable: true });
    this.#changed();
    if (busy) {
      // What was added while the last letter left is not forgotten.
      this.#timer = setTimeout(() => this.flush(), SOON);
    } else if (["offline", "server"].includes(this.trouble)) {
      this.#timer = setTimeout(() => this.flush(), this.#delay);
      this.#delay = Math.min(2 * this.#delay, LATER);
    }
  }

  /** Sends the first of those that wait: [what went wrong, whether some may remain]. */
  async #sendSome() {
    const batch = [], rows = [];
    let size = 0;
    for (const row of await this.all()) {
      if (row.state !== "waiting") continue;
      const { n, state, message, label, ...said } = row;
      // What was left out is not said.
      const sent = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== null));
      const pictures = Object.entries(sent).filter(([, value]) => value instanceof Blob);
      const weight = 1_000 + pictures.reduce((sum, [, blob]) => sum + blob.size * 4 / 3, 0);
      if (rows.length === AT_ONCE || (rows.length && size + weight > CHARACTERS)) break;
      size += weight;
      for (const [name, blob] of pictures) sent[name] = await coded(blob);
      batch.push(sent);
      rows.push(row);
    }
    if (!rows.length) return ["", false];
    let answers;
    try {
      const response = await fetch(this.url, {
        method: "POST", redirect: "manual", body: JSON.stringify(batch), signal: AbortSignal.timeout(PATIENCE),
        headers: { "Content-Type": "application/json", "X-CSRFToken": token() },
      });
      if (response.type === "opaqueredirect" || [401, 403].includes(response.status)) return ["signed-out", false];
      if (!response.ok) return ["server", false];
      ({ answers } = await response.json());
    } catch {
      return ["offline", false];
    }
    const settled = await this.#settle(rows, answers);
    this.#changed();
    if (settled) this.dispatchEvent(new Event("sent"));
    return settled === rows.length ? ["", true] : ["server", false];
  }

  /** What is written leaves the phone; what is refused stays, with its reason. */
  async #settle(rows, answers) {
    const store = await this.#store("readwrite");
    const said = new Map(answers.map((answer) => [answer.key, answer]));
    let settled = 0;
    await Promise.all(rows.map((row) => {
      const answer = said.get(row.key);
      if (!answer) return null;
      settled += 1;
      if (answer.state === "ok") return done(store.delete(row.n));
      return done(store.put({ ...row, state: "refused", message: answer.message }));
    }));
    return settled;
  }
}
