"""The isolation suite: nobody reaches another territory, by any page, command or task, on either database."""
