"""What people read, in their language: English in the code, every other language one `.po` file in `locale/`.

`Speaker` says a text and writes numbers and dates; `verdicts` has the sentence that page, report and API share;
`extraction` keeps the catalogues in step with the code. Knows the core, and nobody who speaks.
"""
