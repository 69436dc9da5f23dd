import subprocess
import sys

from tagkit.product import Dataset, Product


def test_looking_at_data_imports_what_it_needs_when_asked():
    code = "import sys, tagkit; d = tagkit.Dataset('d', ()); print({'tagkit.exploring', 'sklearn'} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set()"


def test_issues_and_explore_are_of_the_data_set():
    products = tuple(Product(str(n), f"红裙{n}", tags=("红",)) for n in range(12))
    data = Dataset("d", products)
    assert data.issues().name == data.explore().name == "d" and data.issues().n_products == 12
