// Sort a table by the column whose heading is pressed: numbers first from the highest, then from the lowest.
for (const table of document.querySelectorAll(".scroll table")) {
  table.querySelectorAll("thead th").forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => {
      const up = heading.getAttribute("aria-sort") === "descending" || (column === 0 && !heading.hasAttribute("aria-sort"));
      for (const other of table.querySelectorAll("thead th")) other.removeAttribute("aria-sort");
      heading.setAttribute("aria-sort", up ? "ascending" : "descending");
      const body = table.tBodies[0];
      const key = (row) => {
        const cell = row.cells[column];
        if (column === 0) return cell.textContent;
        const value = parseFloat(cell.dataset.value);
        return Number.isNaN(value) ? (up ? Infinity : -Infinity) : value;
      };
      const compare = (a, b) => (column === 0 ? key(a).localeCompare(key(b), "zh") : key(a) === key(b) ? 0 : key(a) - key(b));
      body.append(...Array.from(body.rows).sort((a, b) => (up ? compare(a, b) : compare(b, a))));
    });
  });
}
