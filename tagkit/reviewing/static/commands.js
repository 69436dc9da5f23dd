// What can be done, by which keys, and how what was decided is shown and said.

const COMMANDS = {
  accept: { keys: ["a"], label: "Accept", title: "Accept the chosen tag", needsTag: true },
  reject: { keys: ["r", "Delete"], label: "Reject", title: "Reject the chosen tag; it stays in sight", needsTag: true },
  edit: { keys: ["e"], label: "Edit", title: "Write another tag in place of the chosen one", needsTag: true },
  add: { keys: ["t", "+"], label: "Add tag", title: "Add a tag that was not suggested" },
  explain: { keys: ["w"], label: "Why?", title: "Explain why the product has the chosen tag, or why not", needsTag: true },
  undo: { keys: ["u"], label: "Undo", title: "Take back the last decision" },
  finish: { keys: ["Enter"], label: "Accept all", title: "Accept all undecided tags, those that it came with too, finish the product, show the next" },
  done: { keys: ["d"], label: "Done", title: "Reject all undecided tags, those that it came with too, finish the product, show the next" },
  skip: { keys: ["s"], label: "Skip", title: "Leave the product to others, show the next" },
  flag: { keys: ["f"], label: "Flag", title: "Set the product aside for a discussion, show the next; again: take it back" },
  previous: { keys: ["p", "ArrowLeft"], label: "Previous", title: "Show the product before" },
  next: { keys: ["n", "ArrowRight"], label: "Next", title: "Show the next product that is left, without finishing this one" },
  learn: { keys: ["l"], label: "Learn", title: "Let the tagger learn from the finished products, and show what changes" },
};
const SHOWN_KEY = { Enter: "↵", ArrowLeft: "←", ArrowRight: "→", Delete: "Del" };
const STATES = { open: "", done: "finished", skip: "skipped", flag: "flagged" };
const MARKS = { open: "○", accepted: "✓", rejected: "✗", edited: "✎", added: "+" };
const SPOKEN = { open: "undecided", accepted: "accepted", rejected: "rejected", edited: "replaced", added: "added" };
