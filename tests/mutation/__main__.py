"""`python -m tests.mutation [module …]`: which small mistakes does no test notice?"""

from tests.mutation.program import main

if __name__ == "__main__":
    raise SystemExit(main())
