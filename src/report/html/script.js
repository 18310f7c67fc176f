"use strict";
// Filters and folds; everything can be read without it.
(() => {
  const open = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    if (target) target.scrollIntoView();
  };
  addEventListener("hashchange", open);
  if (location.hash) open();

  const bar = document.querySelector(".filter");
  if (bar) {
    const rows = [...document.querySelectorAll("tr[data-state]")];
    const [states, words, shown] = ["states", "words", "shown"].map((id) => document.getElementById(id));
    const filter = () => {
      const wanted = words.value.trim().toLowerCase();
      let count = 0;
      for (const row of rows) {
        const fits = (!states.value || row.dataset.state === states.value) && row.textContent.toLowerCase().includes(wanted);
        row.hidden = !fits;
        count += fits;
      }
      shown.textContent = count === rows.length ? "" : `${count} of ${rows.length}`;
    };
    states.addEventListener("change", filter);
    words.addEventListener("input", filter);
    bar.hidden = false;
  }

  // On paper nothing can be opened: what is broken is open there.
  addEventListener("beforeprint", () => {
    for (const one of document.querySelectorAll("details.broken, details.undecided, details.topic")) one.open = true;
  });
})();
