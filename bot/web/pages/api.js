// The chat API without any DOM: sends, remembers the conversation's token, says precisely what failed.

const PATIENCE = 20_000; // milliseconds; the server itself gives up far earlier
const CURRENT = "footnote.conversation";
const ALL = "footnote.conversations"; // this tab's, so that "delete" reaches those before "start over", too

/** Why a request failed: `status` is 0 when no answer came; `retryAfter` is in seconds or null. */
export class RequestFailed extends Error {
  constructor(status, retryAfter) {
    super(`request failed with status ${status}`);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/** sessionStorage, or memory where the browser blocks it. */
export function openStorage() {
  try {
    const storage = window.sessionStorage;
    storage.setItem("footnote.test", "1");
    storage.removeItem("footnote.test");
    return storage;
  } catch {
    const values = new Map();
    return {
      getItem: (key) => values.get(key) ?? null,
      setItem: (key, value) => values.set(key, value),
      removeItem: (key) => values.delete(key),
    };
  }
}

export class ChatApi {
  constructor({ base, clinic, storage }) {
    this.base = base;
    this.clinic = clinic;
    this.storage = storage;
  }

  get conversation() {
    return this.storage.getItem(CURRENT);
  }

  set conversation(token) {
    if (token === null) {
      this.storage.removeItem(CURRENT);
      return;
    }
    this.storage.setItem(CURRENT, token);
    this.remember(token);
  }

  /** Keep a token for `deleteAll`. */
  remember(token) {
    if (!this.all.includes(token)) this.storage.setItem(ALL, JSON.stringify([...this.all, token]));
  }

  /** The tokens of every conversation of this tab. */
  get all() {
    try {
      const tokens = JSON.parse(this.storage.getItem(ALL) ?? "[]");
      return Array.isArray(tokens) ? tokens.filter((token) => typeof token === "string") : [];
    } catch {
      return [];
    }
  }

  /** The replies to a message; the caller keeps `conversation` of it. */
  async send(text) {
    const body = { text, clinic: this.clinic };
    if (this.conversation !== null) body.conversation = this.conversation;
    const response = await this.#request("POST", "messages", body);
    return response.json().catch(() => {
      throw new RequestFailed(0, null);
    });
  }

  async rate(reply, rating, conversation) {
    await this.#request("POST", "feedback", { conversation, reply, rating });
  }

  /** Delete a conversation; one that the server does not know any more counts as deleted. */
  async delete(token) {
    try {
      await this.#request("DELETE", "conversation", { conversation: token });
    } catch (error) {
      if (error.status !== 401) throw error;
    }
  }

  /** Delete every conversation of this tab. */
  async deleteAll() {
    for (const token of this.all) {
      await this.delete(token);
      this.storage.setItem(ALL, JSON.stringify(this.all.filter((other) => other !== token)));
    }
    this.conversation = null;
  }

  async #request(method, path, body) {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), PATIENCE);
    try {
      const response = await fetch(new URL(`api/v1/${path}`, this.base), {
        method,
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
        signal: abort.signal,
        credentials: "omit",
        cache: "no-store",
      });
      if (!response.ok) {
        const seconds = Number.parseInt(response.headers.get("retry-after") ?? "", 10);
        throw new RequestFailed(response.status, Number.isNaN(seconds) ? null : seconds);
      }
      return response;
    } catch (error) {
      throw error instanceof RequestFailed ? error : new RequestFailed(0, null);
    } finally {
      clearTimeout(timer);
    }
  }
}
