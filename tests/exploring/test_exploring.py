import tagkit
from tagkit.exploring import explore
from tagkit.product import Dataset, Product


def test_a_data_set_explores_itself_by_the_public_name():
    data = Dataset("d", (Product("红裙", tags=("红",)),))
    assert explore(data) == data.explore() == tagkit.exploring.explore(data)
