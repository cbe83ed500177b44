// Elements without markup: words become text nodes, and only four kinds of address become links.

import { isSafe } from "./text.js";

/** An element: "tag.class", then properties, then children (elements or texts; what is empty is left out). */
export function el(name, ...parts) {
  const [tag, className] = name.split(".");
  const element = document.createElement(tag);
  if (className) element.className = className;
  for (const part of parts) {
    if (!part) continue;
    if (part.constructor !== Object) element.append(part);
    else for (const [key, value] of Object.entries(part)) key in element ? element[key] = value : element.setAttribute(key, value);
  }
  return element;
}

export const button = (label, onclick, kind = "choice") => el(`button.${kind}`, { type: "button", onclick }, label);

/** A link to press; its words alone where the address is of a kind that we do not open. */
export function link({ label, href }, kind = "call") {
  if (!label || !isSafe(href)) return label;
  return el(`a.${kind}`, { href }, href[0] === "h" && { target: "_blank", rel: "noopener noreferrer" }, label);
}

/** A box around what there is of `children`; "" when there is nothing. */
export const row = (kind, children) => children.some(Boolean) && el(`div.${kind}`, ...children);

export const paragraphs = (text) => text.split(/\n\s*\n/).map((part) => el("p", part));
