// Keeps a clinic's record in the browser, shared by all tabs and all elements of the page that show that clinic.
//
// Nothing is written before the first change, which is the visitor's first use. Where storage is blocked or full, the
// talk lasts as long as the page.

import { readRecord } from "./text.js";

const memories = {};

/** The memory of a name; `keep` is "tab" where a talk should end with its tab. */
export const memoryOf = (name, keep) => memories[name + keep] ??= makeMemory(`footnote:${name}`, keep);

function makeMemory(key, keep) {
  const listeners = new Set();
  let own = ""; // what is kept where the browser keeps nothing
  let storage = null;
  try {
    storage = keep === "tab" ? sessionStorage : localStorage;
  } catch {
    // blocked
  }

  let days = 30;
  const memory = {
    listeners,
    clearedAt: 0, // an answer to what was asked before must not outlive the deletion
    record: null,
    /** Does `step` to the newest record, of whichever tab, and keeps it; gives what `step` gives. */
    change(step) {
      read();
      const result = step(memory.record);
      write(JSON.stringify(memory.record));
      return result;
    },
    /** Keeps a talk for so many days from its last message. */
    keepFor(most) {
      days = most;
      read();
    },
    /** Keeps nothing, and leaves nothing behind. */
    clear() {
      memory.clearedAt = Date.now();
      write("");
    },
  };

  function read() {
    memory.record = readRecord(storage ? storage.getItem(key) : own, Date.now(), days);
  }

  function write(text) {
    own = text;
    try {
      if (text) storage?.setItem(key, text);
      else storage?.removeItem(key);
    } catch {
      storage = null;
    }
    tell();
  }

  function tell() {
    read();
    for (const listener of listeners) listener();
  }

  addEventListener("storage", (event) => {
    if (event.storageArea !== storage || (event.key && event.key !== key)) return;
    if (!event.newValue) memory.clearedAt = Date.now();
    tell();
  });
  read();
  return memory;
}
