"""The same 20 checks in Soda and in Great Expectations, for a Python that has them.

As a program it runs Great Expectations once: `check_peers.py ORDERS CUSTOMERS`, the Parquet files of both tables.
"""

import os
import subprocess
import sys
from pathlib import Path

EMAIL = r"^[A-Za-z0-9._%+'-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$"
STATUS = ["new", "paid", "packed", "shipped", "returned"]
SKU = "^SKU-[0-9]{6}$"

CONTRACT = f"""
dataset: duck/main/orders
columns:
  - name: id
    checks: [{{missing: {{}}}}, {{duplicate: {{}}}}]
  - name: customer_id
    checks: [{{missing: {{}}}}]
  - name: email
    checks:
      - missing: {{}}
      - invalid: {{valid_format: {{name: email, regex: "{EMAIL.replace(chr(92), chr(92) * 2)}"}}}}
      - invalid: {{qualifier: length, valid_min_length: 6, valid_max_length: 64}}
  - name: status
    checks:
      - missing: {{}}
      - invalid: {{valid_values: [{", ".join(STATUS)}]}}
  - name: amount
    checks:
      - missing: {{}}
      - invalid: {{valid_min: 0, valid_max: 10000}}
      - aggregate: {{function: avg, threshold: {{must_be_greater_than_or_equal: 4000}}}}
      - aggregate: {{qualifier: sum, function: sum, threshold: {{must_be_greater_than_or_equal: 0}}}}
  - name: quantity
    checks:
      - invalid: {{valid_min: 1}}
      - aggregate: {{function: max, threshold: {{must_be_less_than_or_equal: 50}}}}
  - name: sku
    checks:
      - invalid: {{valid_format: {{name: sku, regex: "{SKU}"}}}}
checks:
  - row_count: {{threshold: {{must_be_greater_than_or_equal: 1}}}}
  - freshness: {{column: ordered_at, threshold: {{unit: day, must_be_less_than: 36500}}}}
  - duplicate: {{columns: [order_id, line]}}
  - failed_rows: {{qualifier: expression, name: expression, expression: "NOT (amount >= 0 OR status = 'returned')"}}
  - failed_rows:
      qualifier: orphans
      name: orphans
      query: |
        SELECT customer_id FROM orders AS o
        WHERE customer_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM customers AS c WHERE c.id = o.customer_id)
"""


def has(python, module):
    return subprocess.run([python, "-c", f"import {module}"], capture_output=True).returncode == 0


def soda_arguments(python, files, folder):
    """Makes what Soda needs beside the files: a database of two views, its data source, and the contract."""
    orders, customers = files
    database = folder / "soda.duckdb"
    views = f"""
import duckdb
c = duckdb.connect({str(database)!r})
c.execute("CREATE OR REPLACE VIEW orders AS FROM read_parquet('{orders}')")
c.execute("CREATE OR REPLACE VIEW customers AS FROM read_parquet('{customers}')")
"""
    subprocess.run([python, "-c", views], check=True)
    source, contract = folder / "soda-source.yml", folder / "soda-contract.yml"
    source.write_text(f"type: duckdb\nname: duck\nconnection:\n  database: {database}\n")
    contract.write_text(CONTRACT)
    program = Path(python).parent / "soda"
    return [str(program), "contract", "verify", "--data-source", str(source), "--contract", str(contract)]


def great_expectations_arguments(python, files):
    return [python, str(Path(__file__).resolve()), *map(str, files)]


def quiet():
    """Neither of them shall look for its makers' servers."""
    return {
        **os.environ,
        "SODA_CORE_TELEMETRY_ENABLED": "false",
        "OTEL_SDK_DISABLED": "true",
        "GX_ANALYTICS_ENABLED": "false",
    }


def run_great_expectations(orders, customers):
    import glob

    import great_expectations as gx
    import great_expectations.expectations as gxe
    import pandas

    frame = pandas.concat([pandas.read_parquet(file) for file in sorted(glob.glob(orders))])
    known = pandas.concat([pandas.read_parquet(file) for file in sorted(glob.glob(customers))])
    frame["amount"] = frame["amount"].astype("float64")
    frame["is_known"] = frame["customer_id"].isna() | frame["customer_id"].isin(known["id"])
    frame["is_fair"] = (frame["amount"] >= 0) | (frame["status"] == "returned")
    expectations = [
        gxe.ExpectColumnValuesToNotBeNull(column=name) for name in ["id", "customer_id", "email", "status", "amount"]
    ] + [
        gxe.ExpectColumnValuesToBeUnique(column="id"),
        gxe.ExpectColumnValuesToBeInSet(column="is_known", value_set=[True]),
        gxe.ExpectColumnValuesToMatchRegex(column="email", regex=EMAIL),
        gxe.ExpectColumnValueLengthsToBeBetween(column="email", min_value=6, max_value=64),
        gxe.ExpectColumnValuesToBeInSet(column="status", value_set=STATUS),
        gxe.ExpectColumnValuesToBeBetween(column="amount", min_value=0, max_value=10000),
        gxe.ExpectColumnMeanToBeBetween(column="amount", min_value=4000, max_value=6000),
        gxe.ExpectColumnSumToBeBetween(column="amount", min_value=0),
        gxe.ExpectColumnValuesToBeBetween(column="quantity", min_value=1),
        gxe.ExpectColumnMaxToBeBetween(column="quantity", max_value=50),
        gxe.ExpectColumnValuesToMatchRegex(column="sku", regex=SKU),
        gxe.ExpectTableRowCountToBeBetween(min_value=1, max_value=100_000_000),
        gxe.ExpectCompoundColumnsToBeUnique(column_list=["order_id", "line"]),
        gxe.ExpectColumnValuesToBeInSet(column="is_fair", value_set=[True]),
        gxe.ExpectColumnMaxToBeBetween(column="id", min_value=0),
    ]
    context = gx.get_context(mode="ephemeral")
    asset = context.data_sources.add_pandas("pandas").add_dataframe_asset("orders")
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": frame})
    result = batch.validate(gx.ExpectationSuite(name="orders", expectations=expectations))
    failed = [one.expectation_config.type for one in result.results if not one.success]
    if failed:
        sys.exit(f"not as expected: {failed}")


if __name__ == "__main__":
    run_great_expectations(*sys.argv[1:])
