"""What leaves the product as a file: tables for spreadsheets, pages, reports for build servers."""
