"""The page on which an analysis is written step by step: drafts, the forms of the steps, what each step gives."""
