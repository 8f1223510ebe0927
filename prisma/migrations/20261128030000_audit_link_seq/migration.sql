-- A chain begins with link 1: nothing can be put before it.
ALTER TABLE "audit_links" ADD CONSTRAINT "audit_links_seq_check" CHECK ("seq" >= 1);
