"""`python -m proofs.search.corpus`: write the recorded runs again."""

from proofs.search.corpus.recording import main

raise SystemExit(main())
