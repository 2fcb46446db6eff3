/** A name is a caller's text: where people read Markdown it may not break out of its place, nor bring markup along. */
export const plain = (text: string) => text.replace(/[^\p{L}\p{N} .,:_-]/gu, ' ').slice(0, 80);
