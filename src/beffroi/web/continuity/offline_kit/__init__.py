"""The kit that opens without network: pages, PDF, sealed part, made each night; its copies and its openings."""
