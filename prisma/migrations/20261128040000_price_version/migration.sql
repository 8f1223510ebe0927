-- Which list a call was charged by.
ALTER TABLE "ledger_entries" ADD COLUMN "price_version" TEXT;
